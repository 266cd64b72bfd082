import Files

/// A file of `torch.save` before torch 1.6: five pickles, then the bytes of every storage.
///
/// The pickles are read by `PickleMachine`, which runs no code. Nested dictionaries give names joined
/// by dots; what is no tensor (an epoch, an optimizer's settings) is left out.
/// Source: `_legacy_save` in torch/serialization.py.
public struct LegacyTorchFile: WeightFile {
    /// The first pickle: protocol 2, the number 0x1950a86a20f9469cfc6c, stop.
    static let magic: [UInt8] = [
        0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
    ]
    private static let protocolVersion = 1001

    private let table: TensorTable

    /// The path of the file.
    public var path: String { table.path }
    /// The names of all tensors, in the order of the file.
    public var tensorNames: [String] { table.names }

    /// Opens the file at `path` and checks all lengths in it.
    ///
    /// Throws: `WeightFileError` when it is no complete, consistent file or asks for code to be run.
    public init(path: String) throws {
        let file = try MappedFile(weightsAt: path)
        table = try file.read { reader in
            guard try reader.take(Self.magic.count, "the magic number").elementsEqual(Self.magic)
            else {
                throw WeightFileError(
                    .unrecognised, path, "this is not a file of torch.save before torch 1.6")
            }
            var machine = PickleMachine(reader: reader)
            guard try machine.run().integer == Self.protocolVersion else {
                throw WeightFileError(
                    .unsupported, path,
                    "the protocol version is not \(Self.protocolVersion), the only one known")
            }
            let system = try machine.run()
            try Self.requireLittleEndian(system, machine.objects, path: path)
            let root = try machine.run()
            let keys = try machine.run()
            reader = machine.reader
            let starts = try Self.starts(&reader, keys: keys, machine.objects)
            var collector = LegacyTorchCollector(
                objects: machine.objects, starts: starts, file: file)
            try collector.collect(root, prefix: "")
            return try TensorTable(path: path, tensors: collector.tensors)
        }
    }

    /// The tensor of a name.
    ///
    /// Throws: `WeightFileError` when there is none.
    public func tensor(_ name: String) throws -> StoredTensor { try table.tensor(name) }

    private static func requireLittleEndian(
        _ system: PickleValue, _ objects: PickleObjects, path: String
    ) throws {
        guard case .dictionary(let index) = system,
            let entry = objects.dictionaries[index].first(where: { $0.key.text == "little_endian" }
            ),
            case .boolean(true) = entry.value
        else {
            throw WeightFileError(.unsupported, path, "the file does not say it is little-endian")
        }
    }

    /// Where the bytes of every storage start: a 64-bit count stands before each.
    private static func starts(
        _ reader: inout ByteReader, keys: PickleValue, _ objects: PickleObjects
    ) throws -> [String: Int] {
        guard case .list(let index) = keys else {
            throw WeightFileError(.malformed, reader.path, "the list of storages is missing")
        }
        var starts: [String: Int] = [:]
        for key in objects.lists[index] {
            guard let key = key.text, let storage = objects.storages[key], starts[key] == nil else {
                throw WeightFileError(
                    .malformed, reader.path, "the list of storages is not that of the tensors")
            }
            let count = try reader.integer(Int64.self, "the length of storage '\(key)'")
            guard count == storage.count else {
                throw WeightFileError(
                    .malformed, reader.path,
                    "storage '\(key)' has \(count) values; \(storage.count) were expected")
            }
            let (byteCount, isTooLarge) = storage.count
                .multipliedReportingOverflow(by: storage.type.bytesPerBlock)
            starts[key] = reader.position
            _ = try reader.take(isTooLarge ? Int.max : byteCount, "storage '\(key)'")
        }
        guard reader.remaining == 0 else {
            throw WeightFileError(
                .malformed, reader.path, "\(reader.remaining) bytes follow the last storage")
        }
        return starts
    }
}
