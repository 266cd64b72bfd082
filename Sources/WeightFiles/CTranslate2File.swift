import Files

/// A model file of CTranslate2 (`model.bin`), binary versions 4 to 6.
///
/// Source: python/ctranslate2/specs/model_spec.py and src/models/model.cc of OpenNMT/CTranslate2.
public struct CTranslate2File: WeightFile {
    static let versions: ClosedRange<UInt32> = 4...6

    /// The kind of model, for example `WhisperSpec`.
    public let specification: String
    /// The revision of the specification.
    public let revision: Int
    private let table: TensorTable

    /// The path of the file.
    public var path: String { table.path }
    /// The names of all tensors in the order of the file, then their aliases.
    public var tensorNames: [String] { table.names }

    /// Opens the file at `path` and checks all lengths in it.
    ///
    /// Throws: `WeightFileError` when it is no complete, consistent file of a known version.
    public init(path: String) throws {
        let file = try MappedFile(weightsAt: path)
        (specification, revision, table) = try file.read { reader in
            let version = try reader.integer(UInt32.self, "the version")
            guard Self.versions.contains(version) else {
                throw WeightFileError(
                    .unsupported, path,
                    "the version is \(version); \(Self.versions.lowerBound) to "
                        + "\(Self.versions.upperBound) were expected",
                    hint: "convert the model with a current CTranslate2")
            }
            let specification = try Self.string(&reader, "the specification's name")
            let revision = try reader.integer(UInt32.self, "the revision")
            var tensors = try Self.tensors(&reader, file: file)
            tensors += try Self.aliases(&reader, of: TensorTable(path: path, tensors: tensors))
            guard reader.remaining == 0 else {
                throw WeightFileError(
                    .malformed, path, "\(reader.remaining) bytes follow the end of the model")
            }
            return (
                specification, Int(revision), try TensorTable(path: path, tensors: tensors)
            )
        }
    }

    /// The tensor of a name or alias.
    ///
    /// Throws: `WeightFileError` when there is none, or it is quantised with scales beside it.
    public func tensor(_ name: String) throws -> StoredTensor {
        guard !table.contains(name + "_scale") else {
            throw WeightFileError(
                .unsupported, path,
                "tensor '\(name)' is quantised with scales of its own; floats were expected",
                hint: "convert the model with the quantization float16 or float32")
        }
        return try table.tensor(name)
    }

    private static func tensors(
        _ reader: inout ByteReader, file: MappedFile
    ) throws -> [StoredTensor] {
        let announced = try reader.integer(UInt32.self, "the number of tensors")
        let count = try reader.requireRoom(for: announced, ofAtLeast: 8, "tensors")
        return try (0..<count).map { index in
            let name = try string(&reader, "the name of tensor \(index)")
            let rank = try reader.integer(UInt8.self, "the rank of '\(name)'")
            let shape = try (0..<rank).map { _ in
                Int(try reader.integer(UInt32.self, "the shape of '\(name)'"))
            }
            let typeCode = try reader.integer(UInt8.self, "the type of '\(name)'")
            guard let type = type(ofCode: typeCode) else {
                throw WeightFileError(
                    .unsupported, file.path,
                    "tensor '\(name)' has the type \(typeCode); 0 to 5 were expected")
            }
            let byteCount = try reader.integer(UInt32.self, "the length of '\(name)'")
            let tensor = try StoredTensor(
                name: name, shape: shape, type: type, offset: reader.position, file: file)
            guard tensor.byteCount == byteCount else {
                throw WeightFileError(
                    .malformed, file.path,
                    "tensor '\(name)' (\(type.rawValue) \(shape)) needs \(tensor.byteCount) bytes; "
                        + "it is said to take \(byteCount)")
            }
            _ = try reader.take(byteCount, "the values of '\(name)'")
            return tensor
        }
    }

    private static func aliases(
        _ reader: inout ByteReader, of table: TensorTable
    ) throws -> [StoredTensor] {
        let announced = try reader.integer(UInt32.self, "the number of aliases")
        let count = try reader.requireRoom(for: announced, ofAtLeast: 6, "aliases")
        return try (0..<count).map { index in
            let alias = try string(&reader, "alias \(index)")
            let target = try string(&reader, "the target of alias '\(alias)'")
            return StoredTensor(renaming: try table.tensor(target), to: alias)
        }
    }

    /// A 16-bit length that counts a closing NUL, then the characters and the NUL.
    private static func string(
        _ reader: inout ByteReader, _ what: @autoclosure () -> String
    ) throws -> String {
        let count = try reader.integer(UInt16.self, what())
        let text = try reader.string(count, what())
        guard text.utf8.last == 0, text.utf8.dropLast().allSatisfy({ $0 != 0 }) else {
            throw WeightFileError(
                .malformed, reader.path, "\(what()) does not end with its only NUL")
        }
        return String(text.unicodeScalars.dropLast())
    }

    private static func type(ofCode code: UInt8) -> StoredType? {
        let types: [StoredType] = [.float32, .int8, .int16, .int32, .float16, .bfloat16]
        return Int(code) < types.count ? types[Int(code)] : nil
    }
}
