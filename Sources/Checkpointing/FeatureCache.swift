import Files
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
    private let lock: SharedFileLock

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
            lock = try SharedFileLock(path: "\(path)/.lock")
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

    /// Keeps the features of an origin's key and returns them as a later read will; the first to come stays.
    ///
    /// They are on disk after `flush`, or once enough have gathered.
    /// Throws: when a number is too large for float16, or a file cannot be written.
    @discardableResult
    public func write(
        _ features: StoredArray<Float>, from origin: FeatureOrigin
    ) throws(CheckpointError) -> StoredArray<Float> {
        try write(features, for: origin.key, origin)
    }

    /// Keeps the features of a key whose origin nobody needs to know.
    @discardableResult
    public func write(
        _ features: StoredArray<Float>, for key: FeatureKey
    ) throws(CheckpointError) -> StoredArray<Float> {
        try write(features, for: key, nil)
    }

    private func write(
        _ features: StoredArray<Float>, for key: FeatureKey, _ origin: FeatureOrigin?
    ) throws(CheckpointError) -> StoredArray<Float> {
        guard features.shape.count <= FeatureSegment.longestShape else {
            throw invalid("features have \(features.shape.count) axes; at most 8 were expected")
        }
        guard let bytes = FeatureEncoding.encode(features.scalars, as: storage) else {
            throw invalid("features exceed 65504, the largest float16")
        }
        let pending = FeatureSegment.Pending(
            key: key, origin: origin, shape: features.shape, bytes: bytes)
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

    /// The files, the least recently used first.
    var byUse: [FeatureSegment] {
        let segments = state.withLock { $0.places.values.map(\.segment) }
        let unique = Dictionary(segments.map { ($0.path, $0) }) { first, _ in first }
        return unique.values.map { ($0, $0.lastUse) }
            .sorted { ($0.1, $0.0.path) < ($1.1, $1.0.path) }.map(\.0)
    }

    /// The files that hold some keys.
    func segments(of keys: some Sequence<FeatureKey>) -> [FeatureSegment] {
        let found = state.withLock { state in keys.compactMap { state.places[$0]?.segment } }
        return Array(Dictionary(found.map { ($0.path, $0) }) { first, _ in first }.values)
    }

    /// Runs `body` while no other process uses the cache; nil when one does.
    func alone(_ body: () throws(CheckpointError) -> Int) throws(CheckpointError) -> Int? {
        do {
            let result = try lock.alone(body)
            if result == nil { state.withLock { $0.forgetRemoved() } }
            return result
        } catch {
            throw CheckpointError(writing: path, error)
        }
    }

    /// Removes a file, and returns the bytes of the features that were read from it.
    func remove(_ segment: FeatureSegment) throws(CheckpointError) -> Int {
        guard unlink(segment.path) == 0 || errno == ENOENT else {
            throw CheckpointError(
                .unwritable, subject: segment.path, detail: "cannot remove the file",
                hint: "check the folder's permissions",
                cause: String(cString: strerror(errno)).lowercased())
        }
        return state.withLock { $0.drop(segment.path) }
    }

    /// Writes a file anew without some keys, or removes it when nothing is left.
    func rewrite(
        _ segment: FeatureSegment, without keys: Set<FeatureKey>
    ) throws(CheckpointError) -> Int {
        let before = byteCount
        let origins = try segment.origins()
        var kept: [FeatureSegment.Pending] = []
        for (key, entry) in segment.entries.sorted(by: { $0.value.position < $1.value.position })
        where !keys.contains(key) {
            kept.append(
                .init(
                    key: key, origin: origins[key], shape: entry.shape,
                    bytes: try segment.bytes(of: entry)))
        }
        let written = kept.isEmpty ? nil : try FeatureSegment.write(kept, as: storage, in: path)
        _ = try remove(segment)
        if let written { state.withLock { $0.add(written) } }
        return before - byteCount
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
    /// Forgets a file; returns the bytes of its features.
    fileprivate mutating func drop(_ path: String) -> Int {
        let dropped = places.filter { $0.value.segment.path == path }
        for key in dropped.keys { places[key] = nil }
        let byteCount = dropped.values.reduce(0) { $0 + $1.entry.byteCount }
        storedByteCount -= byteCount
        return byteCount
    }

    /// Forgets files that another process removed.
    fileprivate mutating func forgetRemoved() {
        for path in Set(places.values.map(\.segment.path)) where access(path, F_OK) != 0 {
            _ = drop(path)
        }
    }

    fileprivate mutating func add(_ segment: FeatureSegment) {
        for (key, entry) in segment.entries where places[key] == nil {
            places[key] = FeatureCache.Place(segment: segment, entry: entry)
            storedByteCount += entry.byteCount
        }
    }
}
