/// The names of a LLaMA-family model in a GGUF file.
///
/// Source: llama.cpp's gguf-py constants; its converter interleaves LLaMA's rows of q and k for its rotary op
public struct LanguageModelGGUFNames: NameTable {
    private let queryHeadCount: Int?
    private let keyValueHeadCount: Int?

    /// The table for a model's head counts.
    public init(_ configuration: LanguageModelConfiguration) {
        let isInterleaved = configuration.interleavesRotaryRows
        queryHeadCount = isInterleaved ? configuration.queryHeadCount : nil
        keyValueHeadCount = isInterleaved ? configuration.keyValueHeadCount : nil
    }

    /// Modules outside of the layers: path and stored name.
    private static let top = [
        ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
    ]
    /// Modules of a layer: path below `model.layers.N.` and stored name below `blk.N.`.
    private static let layer = [
        ("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"), ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ]
    private static let pathPrefix = "model.layers."
    private static let storedPrefix = "blk."

    public func location(of path: String) -> StoredLocation? {
        guard let (module, kind) = Self.splitKind(path) else { return nil }
        if let name = Self.top.first(where: { $0.0 == module })?.1 {
            return StoredLocation("\(name).\(kind)")
        }
        guard let (number, rest) = Self.splitLayer(module, prefix: Self.pathPrefix),
            let name = Self.layer.first(where: { $0.0 == rest })?.1
        else { return nil }
        let heads: Int? =
            switch name {
            case "attn_q": queryHeadCount
            case "attn_k": keyValueHeadCount
            default: nil
            }
        return StoredLocation("blk.\(number).\(name).\(kind)", interleavedHeadCount: heads)
    }

    public func paths(of storedName: String) -> [String]? {
        // The rotary divisors are read with the configuration.
        if storedName == "rope_freqs.weight" { return [] }
        guard let (module, kind) = Self.splitKind(storedName) else { return nil }
        if let path = Self.top.first(where: { $0.1 == module })?.0 { return ["\(path).\(kind)"] }
        guard let (number, rest) = Self.splitLayer(module, prefix: Self.storedPrefix),
            let path = Self.layer.first(where: { $0.1 == rest })?.0
        else { return nil }
        return ["\(Self.pathPrefix)\(number).\(path).\(kind)"]
    }

    /// `module.weight` → (module, weight); biases likewise.
    private static func splitKind(_ name: String) -> (module: String, kind: String)? {
        for kind in ["weight", "bias"] where name.hasSuffix("." + kind) {
            return (String(name.dropLast(kind.count + 1)), kind)
        }
        return nil
    }

    /// `<prefix>N.rest` → (N, rest).
    private static func splitLayer(
        _ module: String, prefix: String
    ) -> (number: Int, rest: String)? {
        guard module.hasPrefix(prefix) else { return nil }
        let parts = module.dropFirst(prefix.count).split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let number = Int(parts[0]), number >= 0 else { return nil }
        return (number, String(parts[1]))
    }
}

extension PrefixedNames {
    /// The names of a LLaMA-family model in Hugging Face's files: the paths themselves.
    ///
    /// Old files also hold the rotary frequencies, which follow from the configuration.
    public static let huggingFaceLanguageModel = PrefixedNames(
        ignoring: { $0.hasSuffix(".rotary_emb.inv_freq") })
}
