internal import Checkpointing
public import Datasets
internal import Foundation
public import Media
internal import Recipes

/// Computes the features of media once and keeps them.
public final class FeatureStore {
    /// Reads what is kept.
    public let reader: FeatureReader
    let visual: VisualFeatureEncoder?
    let audio: AudioFeatureEncoder?
    /// The size of the cache beyond which other features are removed.
    let byteLimit: Int?
    /// Media that were encoded, and not found in the cache.
    public private(set) var encodedCount = 0
    /// Seconds that this took, decoding included.
    public private(set) var encodingSeconds = 0.0
    private var usedKeys: Set<FeatureKey> = []
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

    /// Makes sure that the features of all media of these samples are kept; `variants` for the
    /// augmented variants of their sounds too. Stops early, keeping what it has, once `interruption`
    /// is requested.
    ///
    /// Returns how many of the sounds encoded now are longer than what is heard of them.
    /// Throws: what `unusable` throws when told of a file that cannot be decoded, by default the error
    /// itself; nothing is put in the file's place
    @discardableResult
    public func prepare(
        _ samples: [Sample], variants: Bool, ablations: Bool = false,
        interruption: Interruption = Interruption(),
        unusable: (_ path: String, MediaKind, MediaError) throws -> Void = { throw $2 },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> Int {
        let pictures = try missing(samples.compactMap(\.visualPath).map { ($0, 0...0) }, .visual)
        let variantCount = variants ? reader.audio?.variantCount ?? 0 : 0
        let sounds = try missing(
            samples.compactMap(\.audioPath).map { ($0, 0...variantCount) }, .audio)
        let blanks = ablations ? try missingNothing() : (visual: [], audio: [])
        let seen = pictures + blanks.visual
        let heard = sounds + blanks.audio
        let total = seen.count + heard.count
        if total == 0 {
            try settle(using: usedKeys)
            return 0
        }
        var (done, cutCount) = (0, 0)
        func advance(_ count: Int, _ cut: Int) -> Bool {
            done += count
            cutCount += cut
            progress(done, total)
            return !interruption.isRequested
        }
        progress(0, total)
        let began = Date()
        let failure: (any Error)?
        do {
            if let visual { try await encode(seen, with: visual, .visual, unusable, advance) }
            if let audio { try await encode(heard, with: audio, .audio, unusable, advance) }
            failure = nil
        } catch {
            failure = error
        }
        try reader.cache.flush()
        encodedCount += done
        encodingSeconds += Date().timeIntervalSince(began)
        if let failure { throw failure }
        try settle(using: usedKeys)
        return cutCount
    }

    private func missingNothing() throws -> (visual: [MediaReference], audio: [MediaReference]) {
        func missing(_ kind: MediaKind, _ isUsed: Bool) throws -> [MediaReference] {
            guard isUsed else { return [] }
            let key = try reader.key(.nothing, kind)
            usedKeys.insert(key)
            return reader.cache.contains(key) ? [] : [.nothing]
        }
        return (try missing(.visual, visual != nil), try missing(.audio, audio != nil))
    }

    /// Media whose features are not kept yet, each once, in the order of the samples.
    private func missing(
        _ media: [(path: String, variants: ClosedRange<Int>)], _ kind: MediaKind
    ) throws -> [MediaReference] {
        var seen: Set<MediaReference> = []
        var keys: Set<FeatureKey> = []
        var result: [MediaReference] = []
        for (path, variants) in media {
            for variant in variants {
                let reference = MediaReference.file(path: path, variant: variant)
                guard seen.insert(reference).inserted else { continue }
                let key = try reader.key(reference, kind)
                usedKeys.insert(key)
                if !reader.cache.contains(key), keys.insert(key).inserted {
                    result.append(reference)
                }
            }
        }
        return result
    }

    /// Encodes media until `advance`, told of clips done and clips cut, says no.
    private func encode<Encoder: FeatureEncoder>(
        _ media: [MediaReference], with encoder: Encoder, _ kind: MediaKind,
        _ unusable: (String, MediaKind, MediaError) throws -> Void, _ advance: (Int, Int) -> Bool
    ) async throws {
        let size = Self.clipsPerChunk
        let chunks = stride(from: 0, to: media.count, by: size).map {
            Array(media[$0..<min($0 + size, media.count)])
        }
        let decoder = encoder.decoder
        let decoded = BatchPipeline(steps: 0..<chunks.count, aheadCount: 3) { chunk in
            chunks[chunk].map { reference in Result { try decoder.decode(reference) } }
        }
        var index = 0
        for try await clips in decoded {
            var cutCount = 0
            for (reference, result) in zip(chunks[index], clips) {
                do {
                    let decoded = try result.get()
                    let features = try encoder.encode(decoded.clip)
                    try reader.requireUnchanged(reference)
                    try reader.cache.write(features, from: try reader.origin(reference, kind))
                    if reference.isAsItIs, decoded.isCut { cutCount += 1 }
                } catch let error as MediaError {
                    try unusable(reference.path ?? "", kind, error)
                }
            }
            guard advance(clips.count, cutCount) else { return }
            index += 1
        }
    }
}

extension MediaReference {
    /// The file, when it is one.
    fileprivate var path: String? {
        if case .file(let path, _) = self { path } else { nil }
    }

    /// Whether it is a medium without augmentation.
    fileprivate var isAsItIs: Bool {
        if case .file(_, 0) = self { true } else { false }
    }
}

/// What an encoder takes of a medium.
struct DecodedMedium<Clip: Sendable>: Sendable {
    let clip: Clip
    /// Whether the medium is longer than the clip.
    let isCut: Bool
}

/// Decoding, which runs on any task.
protocol MediaDecoder: Sendable {
    associatedtype Clip: Sendable
    func decode(_ reference: MediaReference) throws -> DecodedMedium<Clip>
}

/// A frozen encoder with what comes before and after it.
protocol FeatureEncoder {
    associatedtype Decoder: MediaDecoder
    var decoder: Decoder { get }
    /// The features to keep of a clip, whatever is encoded before and after it.
    func encode(_ clip: Decoder.Clip) throws -> StoredArray<Float>
}
