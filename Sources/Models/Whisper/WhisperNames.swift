/// The names of a Whisper encoder in a CTranslate2 file, where q, k and v are one tensor.
///
/// Source: CTranslate2's WhisperSpec; linear weights are [outputs, inputs], k has a bias of zeros
public struct WhisperCTranslate2Names: NameTable {
    private let hiddenSize: Int

    /// The table for a model's width.
    public init(_ configuration: WhisperConfiguration) {
        hiddenSize = configuration.hiddenSize
    }

    /// Tensors outside of the layers: path below `model.encoder.` and stored name below `encoder/`.
    private static let top = [
        ("conv1.weight", "conv1/weight"), ("conv1.bias", "conv1/bias"),
        ("conv2.weight", "conv2/weight"), ("conv2.bias", "conv2/bias"),
        ("embed_positions.weight", "position_encodings/encodings"),
        ("layer_norm.weight", "layer_norm/gamma"), ("layer_norm.bias", "layer_norm/beta"),
    ]
    /// Tensors of a layer: path below `layers.N.`, stored name below `layer_N/`, and which third of the
    /// rows belongs to the path.
    private static let layer: [(path: String, stored: String, third: Int?)] = [
        ("self_attn_layer_norm.weight", "self_attention/layer_norm/gamma", nil),
        ("self_attn_layer_norm.bias", "self_attention/layer_norm/beta", nil),
        ("self_attn.q_proj.weight", "self_attention/linear_0/weight", 0),
        ("self_attn.k_proj.weight", "self_attention/linear_0/weight", 1),
        ("self_attn.v_proj.weight", "self_attention/linear_0/weight", 2),
        ("self_attn.q_proj.bias", "self_attention/linear_0/bias", 0),
        ("self_attn.v_proj.bias", "self_attention/linear_0/bias", 2),
        ("self_attn.out_proj.weight", "self_attention/linear_1/weight", nil),
        ("self_attn.out_proj.bias", "self_attention/linear_1/bias", nil),
        ("final_layer_norm.weight", "ffn/layer_norm/gamma", nil),
        ("final_layer_norm.bias", "ffn/layer_norm/beta", nil),
        ("fc1.weight", "ffn/linear_0/weight", nil), ("fc1.bias", "ffn/linear_0/bias", nil),
        ("fc2.weight", "ffn/linear_1/weight", nil), ("fc2.bias", "ffn/linear_1/bias", nil),
    ]
    private static let pathPrefix = "model.encoder."
    private static let storedPrefix = "encoder/"
    private static let scalars: Set<String> = ["encoder/num_heads"]

    public func location(of path: String) -> StoredLocation? {
        guard path.hasPrefix(Self.pathPrefix) else { return nil }
        let rest = String(path.dropFirst(Self.pathPrefix.count))
        if let entry = Self.top.first(where: { $0.0 == rest }) {
            return StoredLocation(Self.storedPrefix + entry.1)
        }
        let parts = rest.split(separator: ".", maxSplits: 2)
        guard parts.count == 3, parts[0] == "layers", let number = Int(parts[1]),
            let entry = Self.layer.first(where: { $0.path == parts[2] })
        else { return nil }
        let rows = entry.third.map { ($0 * hiddenSize)..<(($0 + 1) * hiddenSize) }
        return StoredLocation("\(Self.storedPrefix)layer_\(number)/\(entry.stored)", rows: rows)
    }

    public func paths(of storedName: String) -> [String]? {
        // The file also holds the decoder, and sizes as tensors.
        if !storedName.hasPrefix(Self.storedPrefix) || Self.scalars.contains(storedName) {
            return []
        }
        let rest = String(storedName.dropFirst(Self.storedPrefix.count))
        if let entry = Self.top.first(where: { $0.1 == rest }) {
            return [Self.pathPrefix + entry.0]
        }
        let parts = rest.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, parts[0].hasPrefix("layer_"),
            let number = Int(parts[0].dropFirst("layer_".count))
        else { return nil }
        let entries = Self.layer.filter { $0.stored == parts[1] }
        guard !entries.isEmpty else { return nil }
        return entries.map { "\(Self.pathPrefix)layers.\(number).\($0.path)" }
    }
}

extension PrefixedNames {
    /// The names of a Whisper encoder in Hugging Face's files, with or without `model.` before them.
    public static func huggingFaceWhisper(storedNames: [String]) -> PrefixedNames {
        let hasModel = storedNames.contains { $0.hasPrefix("model.encoder.") }
        let encoder = hasModel ? "model.encoder." : "encoder."
        return PrefixedNames(
            stored: encoder, path: "model.encoder.", ignoring: { !$0.hasPrefix(encoder) })
    }
}
