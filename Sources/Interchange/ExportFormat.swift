public import WeightFiles

/// What an export writes.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// A LoRA adapter as PEFT reads it.
    case adapter
    /// A language model with the adapter merged in, as a Hugging Face folder.
    case merged
    /// A language model with the adapter merged in, as one GGUF file.
    case gguf
    /// A LoRA adapter as llama.cpp reads it.
    case ggufAdapter = "gguf-adapter"
    /// Everything that was trained, as one HDF5 file.
    case hdf5

    /// The types that weights can be stored as; the first is the usual one.
    public var types: [StoredType] {
        switch self {
        case .adapter, .ggufAdapter, .hdf5: [.float32]
        case .merged: [.float32, .float16, .bfloat16]
        case .gguf: [.float16, .float32, .bfloat16, .q8_0, .q4_0, .q4_1]
        }
    }

    /// Whether the language model itself is written, and not only what was trained.
    public var isWhole: Bool { self == .merged || self == .gguf }

    /// The type by one of its usual names: `float16` or `F16`, in any case.
    ///
    /// Throws: `InterchangeError` when the format does not have it
    public func type(named name: String?) throws -> StoredType {
        guard let name else { return types[0] }
        let wanted = name.uppercased()
        let known = ["FLOAT32": "F32", "FLOAT16": "F16", "BFLOAT16": "BF16"][wanted] ?? wanted
        if let type = types.first(where: { $0.rawValue == known }) { return type }
        throw InterchangeError(
            .request, "type \(name)", "is none that \(rawValue) is written in",
            hint: "expected one of \(types.map(\.rawValue).joined(separator: ", "))")
    }
}
