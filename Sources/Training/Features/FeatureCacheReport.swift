internal import Checkpointing
internal import Files
internal import Foundation

/// What a folder of kept features holds, and what is wrong with it.
public struct FeatureCacheReport: Sendable, Encodable {
    /// Features of one encoder and one way of preparing media for it.
    public struct Group: Sendable, Encodable {
        /// SHA-256 of the encoder's weights; nil where files do not say.
        public let encoder: String?
        /// How media are prepared.
        public let preprocessing: String?
        /// `float16` or `float32`.
        public let storage: String
        /// Features of a medium each.
        public fileprivate(set) var count = 0
        /// Bytes of their numbers.
        public fileprivate(set) var bytes = 0
    }

    /// The folder.
    public let folder: String
    /// What is in it.
    public private(set) var groups: [Group] = []
    /// Files of features.
    public private(set) var fileCount = 0
    /// Files that are damaged, and how.
    public private(set) var damaged: [String] = []
    /// Media whose content is not what was encoded, each once; looked at when verifying or pruning.
    public private(set) var changed: [String] = []
    /// Media that are gone.
    public private(set) var gone: [String] = []
    /// Bytes that were removed.
    public private(set) var removedBytes = 0
    /// Features that were computed anew.
    public private(set) var recomputedCount = 0
    /// Those of them that differ, and by how much.
    public private(set) var differing: [String] = []
    /// The largest difference seen, as a part of the largest number.
    public private(set) var largestDeviation = 0.0

    /// Bytes of all numbers.
    public var bytes: Int { groups.reduce(0) { $0 + $1.bytes } }
    /// Whether what was looked at is right.
    public var isSound: Bool { damaged.isEmpty && differing.isEmpty }

    /// Looks into a folder.
    ///
    /// Throws: when there is no such folder
    public init(folder: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder),
            isFolder.boolValue
        else {
            throw TrainingError(
                .storage, subject: folder, detail: "is no folder",
                hint: "name the folder that data.feature_cache names")
        }
        self.folder = folder
        damaged = try FeatureCache.damagedFiles(in: folder).map(\.description)
        if damaged.isEmpty { try addGroups() }
    }

    private mutating func addGroups() throws {
        var places: [[String?]: Int] = [:]
        var files: Set<String> = []
        for storage in FeatureStorage.allCases {
            for item in try FeatureCache(path: folder, storage: storage).items() {
                files.insert(item.path)
                let name = [
                    item.origin?.encoderDigest, item.origin?.preprocessing, storage.rawValue,
                ]
                if places[name] == nil {
                    places[name] = groups.count
                    groups.append(
                        Group(encoder: name[0], preprocessing: name[1], storage: storage.rawValue))
                }
                groups[places[name] ?? 0].count += 1
                groups[places[name] ?? 0].bytes += item.byteCount
            }
        }
        groups.sort {
            ($0.storage, $0.encoder ?? "", $0.preprocessing ?? "")
                < ($1.storage, $1.encoder ?? "", $1.preprocessing ?? "")
        }
        fileCount = files.count
    }

    /// Reads every number and hashes every medium that is known by its path.
    public mutating func verify(progress: (Int, Int) -> Void = { _, _ in }) throws {
        for storage in FeatureStorage.allCases where damaged.isEmpty {
            let cache = try FeatureCache(path: folder, storage: storage)
            damaged += cache.verify().map(\.description)
            _ = try stale(in: cache, progress: progress)
        }
    }

    /// Removes damaged files and the features of media that are gone or changed; then, with a limit,
    /// the least recently used ones beyond it.
    ///
    /// Throws: when another process uses the folder, or a file cannot be removed
    public mutating func prune(
        toByteCount limit: Int?, progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        guard try FeatureCache.removeDamagedFiles(in: folder) != nil else { throw inUse() }
        damaged = []
        for storage in FeatureStorage.allCases {
            let cache = try FeatureCache(path: folder, storage: storage)
            guard let removed = try cache.remove(try stale(in: cache, progress: progress)) else {
                throw inUse()
            }
            removedBytes += removed
        }
        if let limit {
            // Both types count against one limit; the larger type leaves first.
            var rest = limit
            for storage in FeatureStorage.allCases {
                let cache = try FeatureCache(path: folder, storage: storage)
                guard let removed = try cache.evict(toByteCount: rest, keeping: []) else {
                    throw inUse()
                }
                removedBytes += removed
                rest = max(0, rest - cache.byteCount)
            }
        }
        groups = []
        try addGroups()
    }

    /// Computes a random share of the features anew, at least one, that come from a recipe's encoders.
    ///
    /// Throws: when a medium cannot be decoded
    public mutating func recompute(
        share: Double, seed: UInt64, with features: FeatureStore, progress: (Int, Int) -> Void
    ) throws {
        let chosen = try features.sampleOfItems(share: share, seed: seed)
        progress(0, chosen.count)
        for (index, origin) in chosen.enumerated() {
            if let result = try features.recomputed(origin) {
                recomputedCount += 1
                largestDeviation = max(largestDeviation, result.deviation)
                if !result.holds {
                    differing.append(
                        "\(origin.path ?? origin.mediaDigest): differs by \(result.deviation) of the "
                            + "largest number; expected at most \(result.tolerance)")
                }
            }
            progress(index + 1, chosen.count)
        }
    }

    /// Keys of features whose media are gone or have other content than what was encoded.
    private mutating func stale(
        in cache: FeatureCache, progress: (Int, Int) -> Void
    ) throws -> Set<FeatureKey> {
        let items = try cache.items()
        var digests: [String: String?] = [:]
        let paths = Set(items.compactMap(\.origin?.path)).sorted()
        for (index, path) in paths.enumerated() {
            let exists = FileManager.default.fileExists(atPath: path)
            digests[path] = exists ? try SHA256.hexDigest(ofFile: path) : .some(nil)
            progress(index + 1, paths.count)
        }
        var keys: Set<FeatureKey> = []
        for item in items {
            guard let origin = item.origin, let path = origin.path, let digest = digests[path],
                digest != origin.mediaDigest
            else { continue }
            keys.insert(item.key)
            if digest == nil { gone.append(path) } else { changed.append(path) }
        }
        gone = Array(Set(gone)).sorted()
        changed = Array(Set(changed)).sorted()
        return keys
    }

    private func inUse() -> TrainingError {
        TrainingError(
            .storage, subject: folder, detail: "is in use by another process",
            hint: "wait until no run or evaluation reads from it")
    }
}
