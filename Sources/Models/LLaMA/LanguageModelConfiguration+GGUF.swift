public import WeightFiles

extension LanguageModelConfiguration {
    /// Reads the metadata of a GGUF file, and from its tensors what only they tell.
    ///
    /// Source: llama.cpp's gguf-py constants
    /// Throws: `ModelError` for another architecture; `WeightFileError` naming an absent or mistyped key
    public init(_ file: GGUF) throws {
        let architecture = try file.string("general.architecture")
        guard let family = LanguageModelFamily(rawValue: architecture) else {
            throw ModelError(
                .configuration, subject: file.path,
                detail: "general.architecture is '\(architecture)'; expected 'llama' or 'qwen2'",
                hint: "use a model of the LLaMA or Qwen2 family")
        }
        func key(_ name: String) -> String { "\(architecture).\(name)" }
        let names = Set(file.tensorNames)
        let table = try file.tensor("token_embd.weight")
        let hidden = try file.integer(key("embedding_length"))
        let heads = try file.integer(key("attention.head_count"))
        guard heads > 0 else {
            throw ModelError(
                .configuration, subject: file.path, detail: "\(heads) attention heads",
                hint: "use a file whose metadata is whole")
        }
        let keyValueHeads = key("attention.head_count_kv")
        let headSize = key("rope.dimension_count")
        let base = key("rope.freq_base")
        try self.init(
            family: family, vocabularyCount: table.shape.first ?? 0, hiddenSize: hidden,
            feedForwardSize: try file.integer(key("feed_forward_length")),
            layerCount: try file.integer(key("block_count")), queryHeadCount: heads,
            keyValueHeadCount: file.metadata[keyValueHeads] == nil
                ? heads : try file.integer(keyValueHeads),
            headSize: file.metadata[headSize] == nil ? hidden / heads : try file.integer(headSize),
            normEpsilon: try file.number(key("attention.layer_norm_rms_epsilon")),
            rotaryBase: file.metadata[base] == nil ? 10_000 : try file.number(base),
            rotaryScaling: try Self.scaling(file, names: names, key: key),
            positionCount: try file.integer(key("context_length")),
            isTied: !names.contains("output.weight"),
            hasAttentionBias: names.contains("blk.0.attn_q.bias"),
            hasFeedForwardBias: names.contains("blk.0.ffn_gate.bias"))
    }

    private static func scaling(
        _ file: GGUF, names: Set<String>, key: (String) -> String
    ) throws -> RotaryScaling {
        if names.contains("rope_freqs.weight") {
            return .divisors(try file.tensor("rope_freqs.weight").floats().map(Double.init))
        }
        let type = key("rope.scaling.type")
        guard file.metadata[type] != nil else { return .none }
        switch try file.string(type) {
        case "none": return .none
        case "linear": return .linear(factor: try file.number(key("rope.scaling.factor")))
        case let other:
            throw ModelError(
                .configuration, subject: file.path,
                detail: "rotary scaling '\(other)'; expected none or linear",
                hint: "use a model without it")
        }
    }
}
