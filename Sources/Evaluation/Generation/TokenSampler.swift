import Datasets
import Foundation

/// Chooses the next token from its scores.
struct TokenSampler {
    private let settings: Generator.Settings
    private var random: SplitMix64

    /// A sampler for one sequence; its draws are a function of the seed and the sequence's number.
    init(_ settings: Generator.Settings, sequence: Int) {
        self.settings = settings
        random = SplitMix64(seed: settings.seed, path: [UInt64(sequence)])
    }

    /// The next token.
    ///
    /// Formula: p = softmax(score / temperature), kept while the sum of greater ones is below topP
    /// Source:  Holtzman et al. 2020 (arXiv:1904.09751)
    mutating func token(from scores: ArraySlice<Float>) -> Int32 {
        guard settings.temperature > 0 else { return Self.greatest(scores) }
        let greatest = Double(scores.max() ?? 0)
        var candidates: [(token: Int32, weight: Double)] = []
        for (token, score) in scores.enumerated() {
            let weight: Double = exp((Double(score) - greatest) / settings.temperature)
            if weight > 0 { candidates.append((Int32(token), weight)) }
        }
        candidates.sort { ($1.weight, $0.token) < ($0.weight, $1.token) }
        let total: Double = candidates.reduce(0) { $0 + $1.weight }
        var kept = 0.0
        var count = 0
        while count < candidates.count, count == 0 || kept < settings.topP * total {
            kept += candidates[count].weight
            count += 1
        }
        var draw: Double = kept * Double(random.next() >> 11) * 0x1p-53
        for candidate in candidates.prefix(count) {
            draw -= candidate.weight
            if draw < 0 { return candidate.token }
        }
        return candidates[count - 1].token
    }

    /// The first of the greatest.
    private static func greatest(_ scores: ArraySlice<Float>) -> Int32 {
        var best = scores.startIndex
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return Int32(best - scores.startIndex)
    }
}
