public import Checkpointing
internal import Datasets
internal import Layers

/// Kept features beside the same ones computed anew.
public struct Recomputation: Sendable, Equatable {
    /// The largest difference of two numbers, as a part of the largest number.
    public let deviation: Double
    /// What is allowed for the type in which features are kept.
    public let tolerance: Double

    /// Whether the kept features are those that the encoder gives.
    public var holds: Bool { deviation <= tolerance }
}

extension FeatureStore {
    /// Rounding to 11 bits is at most 2⁻¹² of a number, and sums in another order differ by less.
    private static let halfTolerance = 1e-3
    /// Sums of 32-bit floats in another order, over the depth of an encoder.
    private static let singleTolerance = 1e-4

    /// Computes kept features anew from their medium; nil when they are not of this recipe's encoders
    /// and settings.
    ///
    /// Throws: when the medium cannot be decoded any more
    public func recomputed(_ origin: FeatureOrigin) throws -> Recomputation? {
        guard let (kind, variant) = use(of: origin), let kept = try reader.cache.read(origin.key)
        else { return nil }
        let reference: MediaReference =
            origin.path.map { .file(path: $0, variant: variant) } ?? .nothing
        let fresh: StoredArray<Float>
        switch kind {
        case .visual:
            guard let visual else { return nil }
            fresh = try visual.encode(try visual.decoder.decode(reference).clip)
        case .audio:
            guard let audio else { return nil }
            fresh = try audio.encode(try audio.decoder.decode(reference).clip)
        }
        let isHalf = reader.cache.storage == .float16
        return Recomputation(
            deviation: kept.shape == fresh.shape
                ? Self.deviation(kept.scalars, fresh.scalars) : .infinity,
            tolerance: isHalf ? Self.halfTolerance : Self.singleTolerance)
    }

    /// A random share of the kept features that come from this recipe's encoders and settings, at least
    /// one where there are any; a function of the seed and of what is kept.
    func sampleOfItems(share: Double, seed: UInt64) throws -> [FeatureOrigin] {
        let origins = try reader.cache.items().compactMap(\.origin).filter { use(of: $0) != nil }
            .sorted { ($0.mediaDigest, $0.preprocessing) < ($1.mediaDigest, $1.preprocessing) }
        let count = min(origins.count, max(1, Int((share * Double(origins.count)).rounded())))
        var stream = RandomStream(seed: seed, name: "recompute")
        var places = Array(origins.indices)
        for index in 0..<count {
            let other = index + Int(stream.next() % UInt64(places.count - index))
            places.swapAt(index, other)
        }
        return places.prefix(count).map { origins[$0] }
    }

    /// The encoder that features come from, and the variant of their medium.
    private func use(of origin: FeatureOrigin) -> (MediaKind, variant: Int)? {
        for kind in MediaKind.allCases {
            let settings: (any FeatureSettings)? = kind == .visual ? reader.visual : reader.audio
            guard let settings, settings.encoderDigest == origin.encoderDigest else { continue }
            let variants = kind == .audio ? reader.audio?.variantCount ?? 0 : 0
            let variant = (0...variants).first {
                settings.preprocessing(variant: $0) == origin.preprocessing
            }
            if let variant { return (kind, variant) }
        }
        return nil
    }

    private static func deviation(_ kept: [Float], _ fresh: [Float]) -> Double {
        let largest = kept.reduce(0) { max($0, abs($1)) }
        let difference = zip(kept, fresh).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        if difference == 0 { return 0 }
        return largest > 0 ? Double(difference) / Double(largest) : .infinity
    }

    /// Media of these samples that were encoded with other content before, by path; of others nothing is
    /// read.
    ///
    /// Throws: when a file of the cache is damaged or a medium cannot be read
    func changedPaths(among samples: [Sample]) throws -> [String] {
        var digests: [String: Set<String>] = [:]
        for case let origin? in try reader.cache.items().map(\.origin) {
            if let path = origin.path { digests[path, default: []].insert(origin.mediaDigest) }
        }
        var changed: Set<String> = []
        for sample in samples {
            let media = [(sample.visualPath, MediaKind.visual), (sample.audioPath, .audio)]
            for (path, kind) in media {
                guard let path, let known = digests[path] else { continue }
                let origin = try reader.origin(.file(path: path, variant: 0), kind)
                if !known.contains(origin.mediaDigest), !reader.cache.contains(origin.key) {
                    changed.insert(path)
                }
            }
        }
        return changed.sorted()
    }
}
