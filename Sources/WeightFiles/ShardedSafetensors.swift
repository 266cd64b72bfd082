import Files
import Foundation

/// Several safetensors files behind one index, as Hugging Face writes large models.
public struct ShardedSafetensors: WeightFile {
    /// Indexes beyond this are refused, as headers of single files are.
    private static let indexByteLimit = 25_000_000

    /// The path of the index, `….safetensors.index.json`.
    public let path: String
    /// The names of all tensors, in the order of the index.
    public let tensorNames: [String]
    private let shards: [String: Safetensors]
    private let shardNames: [String: String]

    /// Opens the index at `path` and every file it names, and checks that they hold what it says.
    ///
    /// Throws: `WeightFileError` when the index or a file is broken or a tensor is not where it says.
    public init(path: String) throws {
        let places = try Self.places(path)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try Self.requireShards(Set(places.map(\.shard)), in: folder, index: path)
        var shards: [String: Safetensors] = [:]
        for place in places where shards[place.shard] == nil {
            shards[place.shard] = try Safetensors(path: "\(folder)/\(place.shard)")
        }
        for place in places where shards[place.shard]?.contains(place.name) != true {
            throw WeightFileError(
                .malformed, path,
                "tensor '\(place.name)' is said to be in '\(place.shard)', which does not hold it")
        }
        self.path = path
        tensorNames = places.map(\.name)
        self.shards = shards
        shardNames = Dictionary(uniqueKeysWithValues: places.map { ($0.name, $0.shard) })
    }

    /// The tensor of a name.
    ///
    /// Throws: `WeightFileError` when there is none.
    public func tensor(_ name: String) throws -> StoredTensor {
        guard let shardName = shardNames[name], let shard = shards[shardName] else {
            throw WeightFileError.missingTensor(name, among: tensorNames, path: path)
        }
        return try shard.tensor(name)
    }

    private static func requireShards(
        _ names: Set<String>, in folder: String, index: String
    ) throws {
        let absent = names.sorted().filter {
            !FileManager.default.fileExists(atPath: "\(folder)/\($0)")
        }
        guard let first = absent.first else { return }
        throw WeightFileError(
            .unreadable, "\(folder)/\(first)",
            "there is no such file, which \(URL(fileURLWithPath: index).lastPathComponent) names"
                + (absent.count > 1 ? ", nor \(absent.count - 1) more" : ""),
            hint: "download what is missing of the model")
    }

    private static func places(_ path: String) throws -> [(name: String, shard: String)] {
        let file = try MappedFile(weightsAt: path)
        guard file.byteCount <= indexByteLimit else {
            throw WeightFileError(
                .malformed, path,
                "the index takes \(file.byteCount) bytes; at most \(indexByteLimit) were expected")
        }
        let index = try file.withBytes { try JSONReader.value(of: $0, path: path) }
        guard let members = index["weight_map"]?.members else {
            throw WeightFileError(
                .malformed, path, "the index has no weight_map from tensor names to file names")
        }
        return try members.map { member in
            guard let shard = member.value.text, !shard.isEmpty, !shard.contains("/"),
                !shard.contains("\0"), shard != ".", shard != ".."
            else {
                throw WeightFileError(
                    .malformed, path,
                    "the place of tensor '\(member.name)' is not the name of a file beside the index"
                )
            }
            return (member.name, shard)
        }
    }
}
