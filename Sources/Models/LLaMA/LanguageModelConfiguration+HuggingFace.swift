public import Foundation

extension LanguageModelConfiguration {
    /// The fields of Hugging Face's config.json, in the spellings of transformers 4 and 5.
    private struct Fields: Decodable {
        struct Rope: Decodable {
            var rope_theta: Double?
            var rope_type: String?
            var type: String?
            var factor: Double?
            var low_freq_factor: Double?
            var high_freq_factor: Double?
            var original_max_position_embeddings: Int?
        }

        var model_type: String?
        var vocab_size: Int?
        var hidden_size: Int?
        var intermediate_size: Int?
        var num_hidden_layers: Int?
        var num_attention_heads: Int?
        var num_key_value_heads: Int?
        var head_dim: Int?
        var hidden_act: String?
        var rms_norm_eps: Double?
        var max_position_embeddings: Int?
        var tie_word_embeddings: Bool?
        var attention_bias: Bool?
        var mlp_bias: Bool?
        var rope_theta: Double?
        var rope_scaling: Rope?
        var rope_parameters: Rope?
        var use_sliding_window: Bool?
        var layer_types: [String]?
    }

    /// Reads Hugging Face's config.json.
    ///
    /// Absent fields that transformers' LlamaConfig and Qwen2Config give a default take that default;
    /// sizes must be there.
    /// Throws: `ModelError` naming missing fields, unknown rotary scalings and other families
    public init(huggingFaceJSON data: Data, subject: String = "config.json") throws {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch let error as DecodingError {
            throw Self.problem(subject, error.problem)
        }
        let family = try Self.family(fields, subject: subject)
        var missing: [String] = []
        func size(_ name: String, _ value: Int?) -> Int {
            if value == nil { missing.append(name) }
            return value ?? 0
        }
        let heads = size("num_attention_heads", fields.num_attention_heads)
        let hidden = size("hidden_size", fields.hidden_size)
        let vocabulary = size("vocab_size", fields.vocab_size)
        let feedForward = size("intermediate_size", fields.intermediate_size)
        let layers = size("num_hidden_layers", fields.num_hidden_layers)
        guard missing.isEmpty else {
            throw Self.problem(subject, "lacks \(missing.joined(separator: ", "))")
        }
        guard heads > 0, fields.head_dim != nil || hidden.isMultiple(of: heads) else {
            throw Self.problem(subject, "\(heads) heads don't divide hidden_size \(hidden)")
        }
        let rope = fields.rope_parameters ?? fields.rope_scaling
        try self.init(
            family: family, vocabularyCount: vocabulary, hiddenSize: hidden,
            feedForwardSize: feedForward,
            layerCount: layers, queryHeadCount: heads,
            keyValueHeadCount: fields.num_key_value_heads ?? heads,
            headSize: fields.head_dim ?? hidden / heads,
            normEpsilon: fields.rms_norm_eps ?? 1e-6,
            rotaryBase: fields.rope_parameters?.rope_theta ?? fields.rope_theta ?? 10_000,
            rotaryScaling: try Self.scaling(rope, subject: subject),
            positionCount: fields.max_position_embeddings ?? 2_048,
            isTied: fields.tie_word_embeddings ?? false,
            hasAttentionBias: family == .qwen2 || fields.attention_bias ?? false,
            hasFeedForwardBias: family == .llama && fields.mlp_bias ?? false)
    }

    private static func family(
        _ fields: Fields, subject: String
    ) throws -> LanguageModelFamily {
        guard let family = fields.model_type.flatMap(LanguageModelFamily.init) else {
            throw problem(
                subject,
                "model_type \(fields.model_type.map { "'\($0)'" } ?? "is absent"); expected 'llama' "
                    + "or 'qwen2'")
        }
        guard fields.hidden_act ?? "silu" == "silu" else {
            throw problem(subject, "hidden_act \(fields.hidden_act ?? ""); expected silu")
        }
        let partial = fields.layer_types?.first { $0 != "full_attention" }
        guard fields.use_sliding_window != true, partial == nil else {
            throw problem(
                subject,
                "\(partial ?? "use_sliding_window"); expected full attention in every layer")
        }
        return family
    }

    private static func scaling(_ rope: Fields.Rope?, subject: String) throws -> RotaryScaling {
        guard let rope else { return .none }
        func need<Value>(_ value: Value?, _ name: String) throws -> Value {
            guard let value else { throw problem(subject, "the rotary scaling lacks \(name)") }
            return value
        }
        switch rope.rope_type ?? rope.type ?? "default" {
        case "default":
            return .none
        case "linear":
            return .linear(factor: try need(rope.factor, "factor"))
        case "llama3":
            return .llama3(
                factor: try need(rope.factor, "factor"),
                lowFrequencyFactor: try need(rope.low_freq_factor, "low_freq_factor"),
                highFrequencyFactor: try need(rope.high_freq_factor, "high_freq_factor"),
                originalPositionCount: try need(
                    rope.original_max_position_embeddings, "original_max_position_embeddings"))
        case let other:
            throw problem(subject, "rotary scaling '\(other)'; expected default, linear or llama3")
        }
    }

    private static func problem(_ subject: String, _ detail: String) -> ModelError {
        ModelError(
            .configuration, subject: subject, detail: detail,
            hint: "use the config.json of a model of the LLaMA or Qwen2 family")
    }
}
