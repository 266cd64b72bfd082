internal import Checkpointing
internal import Datasets
internal import Foundation
internal import Kernels

extension FeatureStore {
    /// Media that are encoded at most to learn what it costs, the first of which is not counted.
    private static let trialCount = 9
    /// Seconds after which no further ones are encoded.
    private static let trialSeconds = 10.0

    /// What encoding media costs, by kind.
    ///
    /// Throws: the first file that cannot be decoded, by name
    func cost(_ media: [MediaUse]) throws -> [String: RunPlan.Encoding] {
        func references(_ kind: MediaKind) -> [MediaReference] {
            media.filter { $0.kind == kind }.map(\.reference)
        }
        var result: [String: RunPlan.Encoding] = [:]
        if let visual {
            result[MediaKind.visual.rawValue] = try cost(
                references(.visual), .visual, with: visual)
        }
        if let audio {
            result[MediaKind.audio.rawValue] = try cost(references(.audio), .audio, with: audio)
        }
        return result
    }

    private func cost(
        _ media: [MediaReference], _ kind: MediaKind, with encoder: some FeatureEncoder
    ) throws -> RunPlan.Encoding? {
        guard !media.isEmpty else { return nil }
        let keys = Set(try media.map { try reader.key($0, kind) })
        let cachedCount = keys.count { reader.cache.contains($0) }
        let decoder = encoder.decoder
        let start = Date()
        var seconds: [Double] = []
        for reference in stride(from: 0, to: media.count, by: max(1, media.count / Self.trialCount))
            .prefix(Self.trialCount).map({ media[$0] })
        where seconds.count < 2 || Date().timeIntervalSince(start) < Self.trialSeconds {
            let start = Date()
            let clip = try decoder.decode(reference).clip
            let middle = Date()
            _ = try encoder.encode(clip)
            let end = Date()
            // Clips are decoded side by side, each on a thread of its own.
            seconds.append(
                end.timeIntervalSince(middle)
                    + middle.timeIntervalSince(start) / Double(Parallel.threadCount))
        }
        let counted = seconds.count > 1 ? Array(seconds.dropFirst()) : seconds
        return RunPlan.Encoding(
            clipCount: keys.count, cachedCount: cachedCount,
            secondsPerClip: counted.reduce(0, +) / Double(counted.count))
    }
}
