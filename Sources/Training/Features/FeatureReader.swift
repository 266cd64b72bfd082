internal import Checkpointing
public import Datasets
internal import Files
internal import Kernels
internal import Layers
package import Models
internal import Recipes
internal import Synchronization
public import Tensors

/// What is presented to an encoder.
public enum MediaReference: Sendable, Hashable {
    /// A file; of a sound, the augmented variant `variant`, 0 for the sound as it is.
    case file(path: String, variant: Int)
    /// Nothing to see, or nothing to hear, for as long as a clip lasts.
    case nothing
}

extension MediaReference {
    /// A number for each medium of some samples, the same where the same is presented.
    package static func numbers(_ samples: [PresentedSample]) -> [[MediaKind: Int]] {
        var numbers: [MediaReference: Int] = [:]
        func number(_ reference: MediaReference?) -> Int? {
            guard let reference else { return nil }
            let next = numbers.count
            numbers[reference] = numbers[reference] ?? next
            return numbers[reference]
        }
        return samples.map { sample in
            var result: [MediaKind: Int] = [:]
            result[.visual] = number(sample.visual)
            result[.audio] = number(sample.audio)
            return result
        }
    }
}

/// The features of media as tokens, read from the cache on any task.
public final class FeatureReader: Sendable {
    let visual: VisualFeatureSettings?
    let audio: AudioFeatureSettings?
    let cache: FeatureCache
    private let digests = Mutex<[String: (digest: String, stamp: FileStamp)]>([:])

    init(visual: VisualFeatureSettings?, audio: AudioFeatureSettings?, cache: FeatureCache) {
        self.visual = visual
        self.audio = audio
        self.cache = cache
    }

    /// Tokens that a clip's pictures and its sound take.
    public var tokenCounts: MediaTokenCounts {
        MediaTokenCounts(visual: visual?.tokenCount ?? 0, audio: audio?.tokenCount ?? 0)
    }

    /// The key under which features of a medium are kept; hashes a file once.
    func key(_ reference: MediaReference, _ kind: MediaKind) throws -> FeatureKey {
        try origin(reference, kind).key
    }

    /// What the features of a medium come from; hashes a file once.
    func origin(_ reference: MediaReference, _ kind: MediaKind) throws -> FeatureOrigin {
        let settings: any FeatureSettings = try settings(kind)
        switch reference {
        case .nothing:
            return FeatureOrigin(
                path: nil, mediaDigest: "nothing", encoderDigest: settings.encoderDigest,
                preprocessing: settings.preprocessing(variant: 0))
        case .file(let path, let variant):
            return FeatureOrigin(
                path: path, mediaDigest: try digest(path), encoderDigest: settings.encoderDigest,
                preprocessing: settings.preprocessing(variant: variant))
        }
    }

    func settings(_ kind: MediaKind) throws -> any FeatureSettings {
        let settings: (any FeatureSettings)? = kind == .visual ? visual : audio
        guard let settings else {
            throw TrainingError(
                .data, subject: "\(kind.rawValue) media",
                detail: "cannot be taken in: the model has no \(kind.rawValue) encoder",
                hint: "name one under model.\(kind.rawValue) in the recipe")
        }
        return settings
    }

    private func digest(_ path: String) throws -> String {
        if let known = digests.withLock({ $0[path]?.digest }) { return known }
        let stamp = try FileStamp(path: path)
        let digest = try SHA256.hexDigest(ofFile: path)
        digests.withLock { $0[path] = (digest, stamp) }
        return digest
    }

    /// Refuses features of a file that is no longer the one whose digest they would be kept under.
    func requireUnchanged(_ reference: MediaReference) throws {
        guard case .file(let path, _) = reference,
            let stamp = digests.withLock({ $0[path]?.stamp }), try FileStamp(path: path) != stamp
        else { return }
        throw TrainingError(
            .data, subject: path, detail: "was changed while it was being encoded",
            hint: "start again when nobody writes it")
    }

    /// The variant of a sample's sound at a step, the same for all samples with that sound; 0 when there
    /// is none.
    func variant(of sample: Sample, seed: UInt64, step: Int) throws -> Int {
        guard let path = sample.audioPath, let audio, audio.variantCount > 0 else { return 0 }
        return Self.variant(
            of: try digest(path), count: audio.variantCount, seed: seed, step: step)
    }

    /// Which of a sound's `count` augmented variants is heard at a step; 0 for the sound as it is.
    static func variant(of sound: String, count: Int, seed: UInt64, step: Int) -> Int {
        var stream = RandomStream(seed: seed, name: "variant/\(step)/\(sound)")
        return Int(stream.next() % UInt64(count + 1))
    }

    /// A medium's tokens: [tokens, features].
    public func tokens(_ reference: MediaReference, _ kind: MediaKind) throws -> Tensor {
        guard let features = try cache.read(try key(reference, kind)) else {
            throw TrainingError(
                .storage, subject: "\(reference)", detail: "its features are not in the cache",
                hint: "another program may have removed them; run again")
        }
        return try settings(kind).tokens(features)
    }

    /// What the model computes on: token ids with the features of the samples' media.
    package func input(
        _ packed: PackedBatch, _ samples: [PresentedSample], lossWeights: [Double]? = nil
    ) throws -> AudioVisualBatch {
        func features(
            _ kind: MediaKind, _ rows: PackedBatch.MediaRows,
            _ reference: (PresentedSample) -> MediaReference?
        ) throws -> Models.MediaRows? {
            guard !rows.rows.isEmpty else { return nil }
            let parts = try zip(rows.owners, rows.tokens).map { owner, range in
                guard let reference = reference(samples[owner]) else {
                    preconditionFailure(
                        "features: \(samples[owner].sample.id) has a place for them but no media")
                }
                let medium = try tokens(reference, kind)
                return range == 0..<medium.shape[0] ? medium : medium.slice(axis: 0, range)
            }
            return Models.MediaRows(
                rows: rows.rows, features: Tensor.concatenated(parts, axis: 0))
        }
        return AudioVisualBatch(
            packed, visual: try features(.visual, packed.visual, \.visual),
            audio: try features(.audio, packed.audio, \.audio), lossWeights: lossWeights)
    }
}

extension AttentionSegment {
    /// A run of rows of a packed batch.
    init(_ segment: PackedBatch.Segment) {
        self.init(start: segment.start, count: segment.count, parent: segment.parent)
    }
}

extension AudioVisualBatch {
    /// A packed batch with the features of its media.
    package init(
        _ packed: PackedBatch, visual: Models.MediaRows?, audio: Models.MediaRows?,
        lossWeights: [Double]? = nil
    ) {
        self.init(
            tokens: packed.tokens,
            layout: SequenceLayout(
                positions: packed.positions,
                segments: packed.segments.map(AttentionSegment.init)),
            visual: visual, audio: audio, supervisedRows: packed.supervisedRows,
            targets: packed.targets, lossWeights: lossWeights)
    }
}
