import Files

/// One safetensors file.
///
/// Source: the format's description in huggingface/safetensors (a 64-bit length, a JSON header with
/// type, shape and place of every tensor, then the bytes without gaps).
public struct Safetensors: WeightFile {
    /// Headers beyond this are refused; one of 25 MB would describe about 200,000 tensors.
    private static let headerByteLimit = 25_000_000

    /// The texts of the header's `__metadata__`.
    public let metadata: [String: String]
    private let table: TensorTable

    /// The path of the file.
    public var path: String { table.path }
    /// The names of all tensors, in the order of their bytes.
    public var tensorNames: [String] { table.names }

    /// Opens the file at `path` and checks its header against its size.
    ///
    /// Throws: `WeightFileError` when it is no complete, consistent safetensors file.
    public init(path: String) throws {
        let file = try MappedFile(weightsAt: path)
        let (header, dataStart) = try file.read { reader in
            let count = try reader.integer(UInt64.self, "the length of the header")
            guard count <= Self.headerByteLimit else {
                throw WeightFileError(
                    .malformed, path,
                    "the header takes \(count) bytes; at most \(Self.headerByteLimit) were expected"
                )
            }
            let text = try reader.take(count, "the header")
            return (try JSONReader.value(of: text, path: path), reader.position)
        }
        guard let members = header.members else {
            throw WeightFileError(.malformed, path, "the header is not a JSON object")
        }
        var metadata: [String: String] = [:]
        var tensors: [StoredTensor] = []
        for member in members {
            if member.name == "__metadata__" {
                metadata = try Self.metadata(member.value, path: path)
            } else {
                tensors.append(try Self.tensor(member, dataStart: dataStart, file: file))
            }
        }
        tensors.sort { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
        try Self.requireNoGaps(tensors, from: dataStart, to: file.byteCount, path: path)
        self.metadata = metadata
        table = try TensorTable(path: path, tensors: tensors)
    }

    /// The tensor of a name.
    ///
    /// Throws: `WeightFileError` when there is none.
    public func tensor(_ name: String) throws -> StoredTensor { try table.tensor(name) }

    func contains(_ name: String) -> Bool { table.contains(name) }

    private static func metadata(_ value: JSONValue, path: String) throws -> [String: String] {
        var metadata: [String: String] = [:]
        for member in value.members ?? [] {
            guard let text = member.value.text else {
                throw WeightFileError(
                    .malformed, path, "the metadata '\(member.name)' is not a string")
            }
            metadata[member.name] = text
        }
        guard value.members != nil else {
            throw WeightFileError(.malformed, path, "the metadata is not a JSON object")
        }
        return metadata
    }

    private static func tensor(
        _ member: JSONValue.Member, dataStart: Int, file: MappedFile
    ) throws -> StoredTensor {
        guard let typeName = member.value["dtype"]?.text,
            let shape = member.value["shape"]?.integers,
            let place = member.value["data_offsets"]?.integers, place.count == 2
        else {
            throw WeightFileError(
                .malformed, file.path,
                "tensor '\(member.name)' lacks a dtype, a shape or two data_offsets")
        }
        guard let type = StoredType(rawValue: typeName), !type.isQuantised else {
            throw WeightFileError(
                .unsupported, file.path,
                "tensor '\(member.name)' has the type '\(typeName)'; F64, F32, F16, BF16, I64, I32, "
                    + "I16, I8, U8 or BOOL was expected",
                hint: "save it with one of these types")
        }
        let (offset, isTooLarge) = dataStart.addingReportingOverflow(place[0])
        guard place[0] >= 0, !isTooLarge else {
            throw WeightFileError(
                .malformed, file.path, "tensor '\(member.name)' starts at the offset \(place[0])")
        }
        let tensor = try StoredTensor(
            name: member.name, shape: shape, type: type, offset: offset, file: file)
        guard place[1] == place[0] + tensor.byteCount else {
            throw WeightFileError(
                .malformed, file.path,
                "tensor '\(member.name)' (\(typeName) \(shape)) needs \(tensor.byteCount) bytes; "
                    + "its data_offsets are \(place)")
        }
        return tensor
    }

    private static func requireNoGaps(
        _ tensors: [StoredTensor], from start: Int, to end: Int, path: String
    ) throws {
        var position = start
        for tensor in tensors {
            guard tensor.offset == position else {
                let problem =
                    tensor.offset < position ? "shares bytes with another" : "follows a gap"
                throw WeightFileError(.malformed, path, "tensor '\(tensor.name)' \(problem)")
            }
            position += tensor.byteCount
        }
        guard position == end else {
            throw WeightFileError(
                .malformed, path,
                "the tensors end at byte \(position); the file ends at byte \(end)")
        }
    }
}
