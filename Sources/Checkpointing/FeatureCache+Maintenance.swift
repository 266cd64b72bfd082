internal import Files
public import Foundation

extension FeatureCache {
    /// Features as they lie on disk.
    public struct Item: Sendable {
        /// The key.
        public let key: FeatureKey
        /// Where the features come from; nil where the file does not say.
        public let origin: FeatureOrigin?
        /// The size of the numbers.
        public let byteCount: Int
        /// The file.
        public let path: String
        /// When the file was last used.
        public let lastUse: Date
    }

    /// Everything on disk, the least recently used files first.
    ///
    /// Throws: when a file was damaged or removed since the cache was opened.
    public func items() throws(CheckpointError) -> [Item] {
        var items: [Item] = []
        for segment in byUse {
            let origins = try segment.origins()
            let date = segment.lastUse
            items += segment.entries.map { key, entry in
                Item(
                    key: key, origin: origins[key], byteCount: entry.byteCount,
                    path: segment.path, lastUse: date)
            }
        }
        return items
    }

    /// Notes that features are used now.
    public func touch(_ keys: some Sequence<FeatureKey>) {
        for segment in segments(of: keys) { segment.touch() }
    }

    /// Removes the least recently used files until the cache is no larger than `byteCount`, but none
    /// with features of `kept`; nil, with nothing removed, while another process uses the cache.
    ///
    /// Returns the bytes that were removed.
    /// Throws: when a file cannot be removed.
    @discardableResult
    public func evict(
        toByteCount limit: Int, keeping kept: Set<FeatureKey>
    ) throws(CheckpointError) -> Int? {
        try alone { () throws(CheckpointError) -> Int in
            var removed = 0
            let needed = Set(segments(of: kept).map(\.path))
            for segment in byUse where byteCount > limit && !needed.contains(segment.path) {
                removed += try remove(segment)
            }
            return removed
        }
    }

    /// Removes the features of some keys, writing the rest of their files anew; nil, with nothing
    /// removed, while another process uses the cache.
    ///
    /// Returns the bytes that were removed.
    /// Throws: when a file cannot be read, written or removed.
    @discardableResult
    public func remove(_ keys: Set<FeatureKey>) throws(CheckpointError) -> Int? {
        try alone { () throws(CheckpointError) -> Int in
            var removed = 0
            for segment in byUse where segment.entries.keys.contains(where: keys.contains) {
                removed += try rewrite(segment, without: keys)
            }
            return removed
        }
    }

    /// What is wrong with the files of a folder, as far as opening them shows.
    ///
    /// Throws: when the folder cannot be read.
    public static func damagedFiles(in folder: String) throws(CheckpointError) -> [CheckpointError]
    {
        var errors: [CheckpointError] = []
        for name in try names(in: folder) {
            do throws(CheckpointError) {
                _ = try FeatureSegment(path: "\(folder)/\(name)")
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Removes the files of a folder that cannot be opened or hold changed numbers, and returns how many;
    /// nil, with nothing removed, while another process uses the cache.
    ///
    /// Throws: when the folder cannot be read or a file cannot be removed.
    public static func removeDamagedFiles(in folder: String) throws(CheckpointError) -> Int? {
        do {
            return try SharedFileLock(path: "\(folder)/.lock").alone {
                var count = 0
                for name in try names(in: folder) where !isWhole("\(folder)/\(name)") {
                    guard unlink("\(folder)/\(name)") == 0 else {
                        throw FileError(
                            code: errno, path: "\(folder)/\(name)", action: "remove the file")
                    }
                    count += 1
                }
                return count
            }
        } catch {
            throw CheckpointError(writing: folder, error)
        }
    }

    private static func isWhole(_ path: String) -> Bool {
        do throws(CheckpointError) {
            let segment = try FeatureSegment(path: path)
            for entry in segment.entries.values { _ = try segment.read(entry) }
            return true
        } catch {
            return false
        }
    }

    private static func names(in folder: String) throws(CheckpointError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                .filter { $0.hasPrefix("segment-") && $0.hasSuffix(".h5") }
        } catch {
            throw CheckpointError(
                .unreadable, subject: folder, detail: "cannot open the feature cache",
                hint: "choose a folder that can be read", cause: "\(error)")
        }
    }
}
