internal import Checkpointing
public import Datasets
internal import Foundation
public import Media
internal import Recipes
internal import Synchronization

/// Computes the features of media once and keeps them.
public final class FeatureStore: Sendable {
    private struct State {
        var encodedCount = 0
        var encodingSeconds = 0.0
        var cutPaths: Set<String> = []
        /// Keys that were asked for, which stay when others have to go.
        var usedKeys: Set<FeatureKey> = []
        /// The bytes that their features take.
        var usedByteCount = 0
        /// Those among them that were not yet marked as used on disk.
        var untouchedKeys: Set<FeatureKey> = []
    }

    /// Reads what is kept.
    public let reader: FeatureReader
    let visual: VisualFeatureEncoder?
    let audio: AudioFeatureEncoder?
    /// The size of the cache beyond which other features are removed.
    let byteLimit: Int?
    private let state = Mutex(State())
    /// Clips decoded together, one batch ahead of the encoder.
    private static let clipsPerChunk = 8

    init(
        reader: FeatureReader, visual: VisualFeatureEncoder?, audio: AudioFeatureEncoder?,
        byteLimit: Int? = nil
    ) {
        self.reader = reader
        self.visual = visual
        self.audio = audio
        self.byteLimit = byteLimit
    }

    /// The features of a recipe's encoders, kept where it says.
    ///
    /// Throws: when the folder of kept features cannot be opened
    convenience init(_ parts: EncoderParts, _ data: Recipe.DataPlan) throws {
        self.init(
            reader: FeatureReader(
                visual: parts.visual?.settings, audio: parts.audio?.settings,
                cache: try FeatureCache(
                    path: data.featureCacheFolder,
                    storage: data.featureType == .float16 ? .float16 : .float32)),
            visual: parts.visual, audio: parts.audio,
            byteLimit: data.featureCacheGigabytes.map { Int(($0 * 1e9).rounded()) })
    }

    /// Media that were encoded, and not found in the cache.
    public var encodedCount: Int { state.withLock { $0.encodedCount } }
    /// Seconds that this took, decoding included.
    public var encodingSeconds: Double { state.withLock { $0.encodingSeconds } }
    /// Sounds among them that are longer than what is heard of them.
    public var cutCount: Int { state.withLock { $0.cutPaths.count } }

    /// Makes sure that the features of all media of these samples are kept; `variants` for the
    /// augmented variants of their sounds too. Stops early, keeping what it has, once `interruption`
    /// is requested.
    ///
    /// Throws: what `unusable` throws when told of a file that cannot be decoded, by default the error
    /// itself; nothing is put in the file's place
    public func prepare(
        _ samples: [Sample], variants: Bool, ablations: Bool = false,
        interruption: Interruption = Interruption(),
        unusable: (_ path: String, MediaKind, MediaError) throws -> Void = { throw $2 },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws {
        let variantCount = variants ? reader.audio?.variantCount ?? 0 : 0
        var media = samples.compactMap(\.visualPath).map {
            MediaUse(.file(path: $0, variant: 0), .visual)
        }
        for path in samples.compactMap(\.audioPath) {
            media += (0...variantCount).map { MediaUse(.file(path: path, variant: $0), .audio) }
        }
        if ablations {
            if visual != nil { media.append(MediaUse(.nothing, .visual)) }
            if audio != nil { media.append(MediaUse(.nothing, .audio)) }
        }
        try await prepare(
            media, interruption: interruption, unusable: unusable, progress: progress)
    }

    /// Makes sure that the features of some media are kept, likewise.
    func prepare(
        _ media: [MediaUse], interruption: Interruption,
        unusable: (_ path: String, MediaKind, MediaError) throws -> Void = { throw $2 },
        progress: (_ done: Int, _ total: Int) -> Void
    ) async throws {
        let missing = try missing(media)
        if !missing.isEmpty { progress(0, missing.count) }
        let failure: (any Error)?
        do {
            try await encode(missing, unusable: unusable) { doneCount in
                progress(doneCount, missing.count)
                return !interruption.isRequested
            }
            failure = nil
        } catch {
            failure = error
        }
        try reader.cache.flush()
        if let failure { throw failure }
        try settle()
    }

    /// Media whose features are not kept yet, each content once, in their order; all are noted as used.
    ///
    /// Throws: when a file cannot be read; `TrainingError` when what was used is larger than the limit
    func missing(_ media: some Sequence<MediaUse>) throws -> [MediaUse] {
        var seen: Set<MediaUse> = []
        var kinds: [FeatureKey: MediaKind] = [:]
        var result: [MediaUse] = []
        for medium in media where seen.insert(medium).inserted {
            let key = try reader.key(medium.reference, medium.kind)
            guard kinds.updateValue(medium.kind, forKey: key) == nil else { continue }
            if !reader.cache.contains(key) { result.append(medium) }
        }
        try use(kinds)
        return result
    }

    private func use(_ kinds: [FeatureKey: MediaKind]) throws {
        let byteCount = try state.withLock { state in
            for (key, kind) in kinds where state.usedKeys.insert(key).inserted {
                state.untouchedKeys.insert(key)
                state.usedByteCount +=
                    try reader.settings(kind).scalarCount * reader.cache.storage.byteCount
            }
            return state.usedByteCount
        }
        guard let byteLimit, byteCount > byteLimit else { return }
        throw TrainingError(
            .request, subject: "data.feature_cache_gigabytes",
            detail: "the features needed here take \(byteCount) bytes, more than \(byteLimit)",
            hint: "allow more, or keep fewer audio_variants")
    }

    /// Encodes media in their order until `advance`, told how many are done, says no.
    ///
    /// What was encoded is kept, whatever comes after it; it is on disk after the cache was flushed.
    func encode(
        _ media: [MediaUse],
        unusable: (_ path: String, MediaKind, MediaError) throws -> Void = { throw $2 },
        advance: (_ doneCount: Int) async -> Bool
    ) async throws {
        if media.isEmpty { return }
        let began = Date()
        defer {
            let seconds = Date().timeIntervalSince(began)
            state.withLock { $0.encodingSeconds += seconds }
        }
        let size = Self.clipsPerChunk
        let chunks = stride(from: 0, to: media.count, by: size).map {
            Array(media[$0..<min($0 + size, media.count)])
        }
        let decoded = BatchPipeline(steps: 0..<chunks.count, aheadCount: 3) { chunk in
            chunks[chunk].map { medium in Result { try self.decoded(medium) } }
        }
        var doneCount = 0
        for try await clips in decoded {
            for clip in clips {
                let medium = media[doneCount]
                do {
                    try keep(try clip.get(), of: medium)
                } catch let error as MediaError {
                    try unusable(medium.reference.path ?? "", medium.kind, error)
                }
                doneCount += 1
                guard await advance(doneCount) else { return }
            }
        }
    }

    private func decoded(_ medium: MediaUse) throws -> DecodedMedium {
        let decoded: DecodedMedium? =
            switch medium.kind {
            case .visual: try visual?.decoded(medium.reference)
            case .audio: try audio?.decoded(medium.reference)
            }
        guard let decoded else { throw Self.missing(medium.kind) }
        return decoded
    }

    private func keep(_ decoded: DecodedMedium, of medium: MediaUse) throws {
        let features = try decoded.features()
        try reader.requireUnchanged(medium.reference)
        try reader.cache.write(features, from: try reader.origin(medium.reference, medium.kind))
        state.withLock { state in
            state.encodedCount += 1
            if decoded.isCut, let path = medium.reference.path { state.cutPaths.insert(path) }
        }
    }

    /// Marks what was used as used, and removes other features beyond the limit.
    ///
    /// Throws: when a file cannot be removed
    func settle() throws {
        let (untouched, used) = state.withLock { state in
            defer { state.untouchedKeys = [] }
            return (state.untouchedKeys, state.usedKeys)
        }
        reader.cache.touch(untouched)
        guard let byteLimit, reader.cache.byteCount > byteLimit else { return }
        _ = try reader.cache.evict(toByteCount: byteLimit, keeping: used)
    }
}

/// A medium and the encoder that takes it in.
package struct MediaUse: Sendable, Hashable {
    let reference: MediaReference
    let kind: MediaKind

    package init(_ reference: MediaReference, _ kind: MediaKind) {
        self.reference = reference
        self.kind = kind
    }
}

extension MediaReference {
    /// The file, when it is one.
    fileprivate var path: String? {
        if case .file(let path, _) = self { path } else { nil }
    }
}

/// A medium that an encoder is about to take in.
struct DecodedMedium: Sendable {
    /// Whether the medium is longer than the clip that is taken of it.
    let isCut: Bool
    /// Encodes the clip.
    let features: @Sendable () throws -> StoredArray<Float>
}

/// What an encoder takes of a medium.
struct DecodedClip<Clip: Sendable>: Sendable {
    let clip: Clip
    /// Whether the medium is longer than the clip.
    let isCut: Bool
}

/// Decoding, which runs on any task.
protocol MediaDecoder: Sendable {
    associatedtype Clip: Sendable
    func decode(_ reference: MediaReference) throws -> DecodedClip<Clip>
}

/// A frozen encoder with what comes before and after it.
protocol FeatureEncoder: Sendable {
    associatedtype Decoder: MediaDecoder
    var decoder: Decoder { get }
    /// The features to keep of a clip, whatever is encoded before and after it.
    func encode(_ clip: Decoder.Clip) throws -> StoredArray<Float>
}

extension FeatureEncoder {
    /// Decodes a medium.
    func decoded(_ reference: MediaReference) throws -> DecodedMedium {
        let decoded = try decoder.decode(reference)
        return DecodedMedium(isCut: decoded.isCut) { try encode(decoded.clip) }
    }
}
