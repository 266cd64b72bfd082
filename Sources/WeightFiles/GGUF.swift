import Files

/// One GGUF file, versions 2 and 3, little-endian.
///
/// Shapes: the file's axes are reversed on reading, so that the outermost comes first.
/// Source: docs/gguf.md of ggml-org/ggml.
public struct GGUF: WeightFile {
    /// Everything the file says about the model, by key.
    public let metadata: [String: GGUFValue]
    private let table: TensorTable

    /// The path of the file.
    public var path: String { table.path }
    /// The names of all tensors, in the order of the file.
    public var tensorNames: [String] { table.names }

    /// Opens the file at `path`, reads its metadata and checks every tensor's place.
    ///
    /// Throws: `WeightFileError` when it is no complete, consistent file of a known version.
    public init(path: String) throws {
        let file = try MappedFile(weightsAt: path)
        (metadata, table) = try file.read { reader in
            let (tensorCount, valueCount) = try Self.counts(&reader)
            var values = GGUFMetadataReader(reader: reader)
            let metadata = try values.metadata(count: valueCount)
            reader = values.reader
            let places = try GGUFTensorPlace.list(&reader, count: tensorCount)
            let alignment = try Self.alignment(metadata, path: path)
            let padding = (alignment - reader.position % alignment) % alignment
            let dataStart = reader.position + padding
            let tensors = try places.map {
                try $0.tensor(dataStart: dataStart, alignment: alignment, file: file)
            }
            try TensorTable.requireDisjoint(tensors, path: path)
            return (metadata, try TensorTable(path: path, tensors: tensors))
        }
    }

    /// The tensor of a name.
    ///
    /// Throws: `WeightFileError` when there is none.
    public func tensor(_ name: String) throws -> StoredTensor { try table.tensor(name) }

    private static func counts(
        _ reader: inout ByteReader
    ) throws -> (tensorCount: UInt64, valueCount: UInt64) {
        let magic = try reader.take(4, "the magic number")
        guard magic.elementsEqual("GGUF".utf8) else {
            throw WeightFileError(
                .unrecognised, reader.path, "the file does not start with 'GGUF'")
        }
        let version = try reader.integer(UInt32.self, "the version")
        guard version == 2 || version == 3 else {
            let isSwapped = version.byteSwapped == 2 || version.byteSwapped == 3
            throw WeightFileError(
                .unsupported, reader.path,
                isSwapped
                    ? "the file is big-endian; a little-endian one was expected"
                    : "the version is \(version); 2 or 3 was expected",
                hint: "convert it with a current llama.cpp")
        }
        return (
            try reader.integer(UInt64.self, "the number of tensors"),
            try reader.integer(UInt64.self, "the number of metadata values")
        )
    }

    private static func alignment(_ metadata: [String: GGUFValue], path: String) throws -> Int {
        guard let value = metadata["general.alignment"] else { return 32 }
        guard case .integer(let alignment) = value, (1...65536).contains(alignment),
            alignment & (alignment - 1) == 0
        else {
            throw WeightFileError(
                .malformed, path,
                "the metadata 'general.alignment' is no power of two between 1 and 65536")
        }
        return alignment
    }
}
