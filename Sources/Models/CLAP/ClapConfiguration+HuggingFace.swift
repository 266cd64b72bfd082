public import Foundation

extension ClapConfiguration {
    /// A size that files give as one number or as one for each axis.
    private struct Side: Decodable {
        let sides: [Int]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let side = try? container.decode(Int.self) {
                sides = [side]
            } else {
                sides = try container.decode([Int].self)
            }
        }

        /// The one number, or nil when the axes differ.
        var single: Int? { Set(sides).count == 1 ? sides[0] : nil }
    }

    private struct Tower: Decodable {
        var model_type: String?
        var window_size: Int?
        var num_mel_bins: Int?
        var spec_size: Side?
        var hidden_act: String?
        var patch_size: Side?
        var patch_stride: Side?
        var hidden_size: Int?
        var projection_dim: Int?
        var depths: [Int]?
        var num_attention_heads: [Int]?
        var enable_fusion: Bool?
        var fusion_type: String?
        var patch_embed_input_channels: Int?
        var flatten_patch_embeds: Bool?
        var patch_embeds_hidden_size: Int?
        var enable_patch_layer_norm: Bool?
        var qkv_bias: Bool?
        var mlp_ratio: Double?
        var aff_block_r: Int?
        var projection_hidden_act: String?
        var layer_norm_eps: Double?

        /// What no released tower has, and isn't computed here.
        var unsupported: [String] {
            let all: [(Bool, String)] = [
                (hidden_act ?? "gelu" != "gelu", "hidden_act; expected gelu"),
                (projection_hidden_act ?? "relu" != "relu", "projection_hidden_act; expected relu"),
                (patch_embed_input_channels ?? 1 != 1, "patch_embed_input_channels; expected 1"),
                (flatten_patch_embeds == false, "flatten_patch_embeds; expected true"),
                (fusion_type == "channel_map", "fusion_type channel_map; expected another"),
                (spec_size.map { $0.single == nil } ?? false, "spec_size; expected a square"),
                (patch_size.map { $0.single == nil } ?? false, "patch_size; expected a square"),
                (patch_stride.map { $0.single == nil } ?? false, "patch_stride; expected a square"),
            ]
            return all.filter(\.0).map(\.1)
        }

        /// Puts the fields that are there over transformers' own defaults.
        ///
        /// Source: transformers 5.23, ClapAudioConfig
        func overwrite(_ c: inout ClapConfiguration) {
            c.pictureSide = spec_size?.single ?? c.pictureSide
            c.bandCount = num_mel_bins ?? c.bandCount
            c.patchSide = patch_size?.single ?? c.patchSide
            c.patchStride = patch_stride?.single ?? c.patchStride
            c.windowSide = window_size ?? c.windowSide
            c.channels = patch_embeds_hidden_size ?? c.channels
            c.blockCounts = depths ?? c.blockCounts
            c.headCounts = num_attention_heads ?? c.headCounts
            c.feedForwardRatio = mlp_ratio ?? c.feedForwardRatio
            c.hasAttentionBias = qkv_bias ?? c.hasAttentionBias
            c.normalizesPatches = enable_patch_layer_norm ?? c.normalizesPatches
            c.fuses = enable_fusion ?? c.fuses
            c.fusionReduction = aff_block_r ?? c.fusionReduction
            c.projectionSize = projection_dim ?? c.projectionSize
            c.normEpsilon = layer_norm_eps ?? c.normEpsilon
        }
    }

    private struct Whole: Decodable {
        var model_type: String?
        var projection_dim: Int?
        var audio_config: Tower?
    }

    /// Whether a config.json is of a CLAP model.
    static func recognizes(huggingFaceJSON data: Data) -> Bool {
        let whole = try? JSONDecoder().decode(Whole.self, from: data)
        return ["clap", "clap_audio_model"].contains(whole?.model_type ?? "")
    }

    /// Reads Hugging Face's config.json of a CLAP model or of its audio tower.
    ///
    /// A field that is left out has transformers' own default, as its files hold differences only.
    /// Throws: `ModelError` naming other families and what no released tower uses
    public init(huggingFaceJSON data: Data, subject: String = "config.json") throws {
        func problem(_ detail: String) -> ModelError {
            ModelError(
                .configuration, subject: subject, detail: detail,
                hint: "use the config.json of a CLAP model")
        }
        let (whole, tower): (Whole, Tower)
        do {
            whole = try JSONDecoder().decode(Whole.self, from: data)
            tower = try whole.audio_config ?? JSONDecoder().decode(Tower.self, from: data)
        } catch let error as DecodingError {
            throw problem(error.problem)
        }
        guard Self.recognizes(huggingFaceJSON: data) else {
            throw problem("model_type \(whole.model_type ?? "is absent"); expected clap")
        }
        let problems = tower.unsupported
        guard problems.isEmpty else { throw problem(problems.joined(separator: ", ")) }
        self = .tiny
        self.projectionSize = whole.projection_dim ?? projectionSize
        tower.overwrite(&self)
        try validate()
        let size = tower.hidden_size ?? 768
        guard size == hiddenSize else {
            throw problem("hidden_size \(size); its stages end with \(hiddenSize) channels")
        }
    }
}
