import Foundation
import Synchronization

/// Frozen features kept on disk, so that each clip is encoded once.
///
/// A folder of immutable HDF5 files, each written beside and moved into place: a process that dies
/// at any moment loses at most what was not flushed, and several processes can fill one folder.
/// Only features of the cache's own storage type are seen, so that what is read never depends on
/// who wrote it. `Checkpoints/README.md` describes the files.
public final class FeatureCache: Sendable {
    /// The folder.
    public let path: String
    /// The type in which features are kept.
    public let storage: FeatureStorage

    /// Bytes that wait in memory before a file of its own is worth it.
    private static let pendingByteLimit = 32 << 20

    fileprivate struct State {
        var places: [FeatureKey: Place] = [:]
        var pending: [FeatureSegment.Pending] = []
        var pendingIndex: [FeatureKey: Int] = [:]
        var pendingByteCount = 0
        var storedByteCount = 0
    }

    fileprivate struct Place: Sendable {
        let segment: FeatureSegment
        let entry: FeatureSegment.Entry
    }

    private let state: Mutex<State>

    /// Opens the cache in a folder, making the folder when there is none.
    ///
    /// Throws: when the folder cannot be used, or one of its files is damaged.
    public init(path: String, storage: FeatureStorage = .float16) throws(CheckpointError) {
        self.path = path
        self.storage = storage
        let names: [String]
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
            names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            AbandonedFiles.remove(startingWith: "segment-", in: path, names: names)
        } catch {
            throw CheckpointError(
                .unreadable, subject: path, detail: "cannot open the feature cache",
                hint: "choose a folder that can be written", cause: "\(error)")
        }
        var state = State()
        let prefix = "segment-\(storage.rawValue)-"
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(".h5") {
            let segment = try FeatureSegment(path: "\(path)/\(name)")
            guard segment.storage == storage else {
                throw CheckpointError(
                    .mismatched, subject: segment.path,
                    detail: "the features are \(segment.storage.rawValue); "
                        + "\(storage.rawValue) was expected from the name",
                    hint: "delete this file; its features are computed again")
            }
            state.add(segment)
        }
        self.state = Mutex(state)
    }

    /// The number of keys with features, those not yet flushed included.
    public var count: Int { state.withLock { $0.places.count + $0.pending.count } }

    /// The bytes of all features, those not yet flushed included.
    public var byteCount: Int { state.withLock { $0.storedByteCount + $0.pendingByteCount } }

    /// Whether there are features for a key.
    public func contains(_ key: FeatureKey) -> Bool {
        state.withLock { $0.places[key] != nil || $0.pendingIndex[key] != nil }
    }

    /// The features of a key; nil when there are none.
    ///
    /// Throws: when the file was damaged or removed since the cache was opened.
    public func read(_ key: FeatureKey) throws(CheckpointError) -> StoredArray<Float>? {
        let (pending, place) = state.withLock { state in
            (state.pendingIndex[key].map { state.pending[$0] }, state.places[key])
        }
        if let pending { return decoded(pending) }
        guard let place else { return nil }
        return try place.segment.read(place.entry)
    }

    /// Keeps the features of a key and returns them as a later read will; the first to come stays.
    ///
    /// They are on disk after `flush`, or once enough have gathered.
    /// Throws: when a number is too large for float16, or a file cannot be written.
    @discardableResult
    public func write(
        _ features: StoredArray<Float>, for key: FeatureKey
    ) throws(CheckpointError) -> StoredArray<Float> {
        guard features.shape.count <= FeatureSegment.longestShape else {
            throw invalid("features have \(features.shape.count) axes; at most 8 were expected")
        }
        guard let bytes = FeatureEncoding.encode(features.scalars, as: storage) else {
            throw invalid("features exceed 65504, the largest float16")
        }
        let pending = FeatureSegment.Pending(key: key, shape: features.shape, bytes: bytes)
        let isFull = state.withLock { state in
            if state.places[key] == nil, state.pendingIndex[key] == nil {
                state.pendingIndex[key] = state.pending.count
                state.pending.append(pending)
                state.pendingByteCount += bytes.count
            }
            return state.pendingByteCount >= Self.pendingByteLimit
        }
        if isFull { try flush() }
        return try read(key) ?? decoded(pending)
    }

    /// Writes everything that waits in memory to disk.
    ///
    /// Throws: when the file cannot be written; nothing is lost from memory then.
    public func flush() throws(CheckpointError) {
        try state.withLock { state throws(CheckpointError) in
            guard !state.pending.isEmpty else { return }
            let segment = try FeatureSegment.write(state.pending, as: storage, in: path)
            state.pending = []
            state.pendingIndex = [:]
            state.pendingByteCount = 0
            state.add(segment)
        }
    }

    /// Reads everything on disk and returns what is wrong with it.
    public func verify() -> [CheckpointError] {
        let places = state.withLock { Array($0.places.values) }
        return places.compactMap { place in
            do throws(CheckpointError) {
                _ = try place.segment.read(place.entry)
                return nil
            } catch {
                return error
            }
        }
    }

    private func decoded(_ pending: FeatureSegment.Pending) -> StoredArray<Float> {
        let scalars = pending.bytes.withUnsafeBytes { FeatureEncoding.decode($0, as: storage) }
        return StoredArray(shape: pending.shape, scalars: scalars)
    }

    private func invalid(_ detail: String) -> CheckpointError {
        CheckpointError(
            .invalid, subject: path, detail: detail,
            hint: "keep these features as float32")
    }
}

extension FeatureCache.State {
    fileprivate mutating func add(_ segment: FeatureSegment) {
        for (key, entry) in segment.entries where places[key] == nil {
            places[key] = FeatureCache.Place(segment: segment, entry: entry)
            storedByteCount += entry.byteCount
        }
    }
}
