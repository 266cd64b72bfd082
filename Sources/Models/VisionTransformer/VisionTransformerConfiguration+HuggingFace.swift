public import Foundation
import Tensors

extension VisionTransformerConfiguration {
    /// The tower's fields of config.json, at its top or in `vision_config`.
    private struct Tower: Decodable {
        var model_type: String?
        var hidden_size: Int?
        var intermediate_size: Int?
        var num_hidden_layers: Int?
        var num_attention_heads: Int?
        var num_channels: Int?
        var image_size: Int?
        var patch_size: Int?
        var hidden_act: String?
        var layer_norm_eps: Double?
        var projection_dim: Int?
        var vision_use_head: Bool?
    }

    private struct Whole: Decodable {
        var model_type: String?
        var projection_dim: Int?
        var vision_config: Tower?
    }

    private static let families: [String: Family] = [
        "clip": .clip, "clip_vision_model": .clip, "siglip": .sigLIP,
        "siglip_vision_model": .sigLIP,
    ]

    /// The family that a config.json is of, or nil when it is neither's.
    static func family(huggingFaceJSON data: Data) -> Family? {
        guard let whole = try? JSONDecoder().decode(Whole.self, from: data) else { return nil }
        return [whole.vision_config?.model_type, whole.model_type].lazy
            .compactMap { $0.flatMap { families[$0] } }.first
    }

    /// Reads Hugging Face's config.json of a vision tower, or of a model that holds one.
    ///
    /// A field that is left out has transformers' own default, as its files hold differences only.
    /// Throws: `ModelError` naming other families and what no released tower uses
    public init(huggingFaceJSON data: Data, subject: String = "config.json") throws {
        func problem(_ detail: String) -> ModelError {
            ModelError(
                .configuration, subject: subject, detail: detail,
                hint: "use the config.json of a CLIP or SigLIP model")
        }
        let (whole, tower): (Whole, Tower)
        do {
            whole = try JSONDecoder().decode(Whole.self, from: data)
            tower = try whole.vision_config ?? JSONDecoder().decode(Tower.self, from: data)
        } catch let error as DecodingError {
            throw problem(error.problem)
        }
        guard let family = Self.family(huggingFaceJSON: data) else {
            let type = tower.model_type ?? whole.model_type
            throw problem("model_type \(type ?? "is absent"); expected clip or siglip")
        }
        guard tower.num_channels ?? 3 == 3 else {
            throw problem("num_channels \(tower.num_channels ?? 0); expected 3")
        }
        let isCLIP = family == .clip
        let name = tower.hidden_act ?? (isCLIP ? "quick_gelu" : "gelu_pytorch_tanh")
        let forms: [String: GELUForm] = [
            "gelu": .erf, "quick_gelu": .quick, "gelu_pytorch_tanh": .tanh, "gelu_new": .tanh,
        ]
        guard let activation = forms[name] else {
            throw problem(
                "hidden_act \(name); expected \(forms.keys.sorted().joined(separator: ", "))")
        }
        // Source: transformers 5.23, CLIPVisionConfig and SiglipVisionConfig.
        try self.init(
            family: family, hiddenSize: tower.hidden_size ?? 768,
            feedForwardSize: tower.intermediate_size ?? 3072,
            layerCount: tower.num_hidden_layers ?? 12,
            headCount: tower.num_attention_heads ?? 12, pictureSide: tower.image_size ?? 224,
            patchSide: tower.patch_size ?? (isCLIP ? 32 : 16), activation: activation,
            normEpsilon: tower.layer_norm_eps ?? (isCLIP ? 1e-5 : 1e-6),
            projectionSize: whole.projection_dim ?? tower.projection_dim ?? 512,
            hasPoolingHead: tower.vision_use_head ?? true)
    }
}
