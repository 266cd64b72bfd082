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
    /// Formula: p = softmax(score / temperature), the topK greatest, of them those up to a sum of topP
    /// Source:  Fan et al. 2018 (arXiv:1805.04833); Holtzman et al. 2020 (arXiv:1904.09751)
    mutating func token(from scores: ArraySlice<Float>) -> Int32 {
        guard settings.temperature > 0, settings.topK != 1 else { return Self.greatest(scores) }
        let greatest = Double(scores.max() ?? 0)
        var candidates: [Candidate] = []
        candidates.reserveCapacity(scores.count)
        for (token, score) in scores.enumerated() {
            let weight: Double = exp((Double(score) - greatest) / settings.temperature)
            if weight > 0 { candidates.append(Candidate(token: Int32(token), weight: weight)) }
        }
        let (kept, weight) = likeliest(candidates)
        var draw: Double = weight * Double(random.next() >> 11) * 0x1p-53
        for candidate in kept {
            draw -= candidate.weight
            if draw < 0 { return candidate.token }
        }
        return kept[kept.count - 1].token
    }

    private struct Candidate {
        let token: Int32
        let weight: Double
    }

    /// The candidates to draw from and their weight together.
    ///
    /// Of many tokens few matter: those above a falling share of the greatest are sorted, until
    /// there are enough of them.
    private func likeliest(_ candidates: [Candidate]) -> (kept: [Candidate], weight: Double) {
        let all = Self.weight(of: candidates)
        let isLimited = settings.topK > 0
        if !isLimited, settings.topP == 1 { return (candidates, all) }
        let limit = isLimited ? min(settings.topK, candidates.count) : candidates.count
        var share = 1.0 / 64
        while true {
            let isLast = share < 1e-9
            let sorted = (isLast ? candidates : candidates.filter { $0.weight >= share })
                .sorted { ($1.weight, $0.token) < ($0.weight, $1.token) }
            let first = sorted.prefix(limit)
            let weight = Self.weight(of: first)
            if isLast || first.count == limit || !isLimited && weight >= settings.topP * all {
                return nucleus(of: first, wanted: settings.topP * (isLimited ? weight : all))
            }
            share /= 64
        }
    }

    /// The first candidates whose weights reach a sum.
    private func nucleus(
        of sorted: ArraySlice<Candidate>, wanted: Double
    ) -> (kept: [Candidate], weight: Double) {
        var kept = 0.0
        var count = 0
        for candidate in sorted where count == 0 || kept < wanted {
            kept += candidate.weight
            count += 1
        }
        return (Array(sorted.prefix(count)), kept)
    }

    private static func weight(of candidates: some Sequence<Candidate>) -> Double {
        candidates.reduce(0) { $0 + $1.weight }
    }

    /// The first of the greatest.
    private static func greatest(_ scores: ArraySlice<Float>) -> Int32 {
        var best = scores.startIndex
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return Int32(best - scores.startIndex)
    }
}
