internal import Foundation

/// Which of each modality's places in an epoch the steps take.
struct EpochShares: Sendable {
    private enum Bounds: Sendable {
        /// The same number in every step, while there are places.
        case quotas([Int])
        /// Where each step begins, and the end, for each modality.
        case dealt([[Int32]])
    }

    /// Steps of an epoch.
    let stepCount: Int
    /// Places of each modality in an epoch.
    let lengths: [Int]
    private let bounds: Bounds

    /// The shares of some pools.
    ///
    /// Throws: `DatasetError.Kind.invalidSchedule` for a temperature below 1
    init(
        pools: [ModalityPool], policy: ModalityScheduler.ExhaustionPolicy
    ) throws(DatasetError) {
        let quotas: [Int] = pools.map(\.quota)
        switch policy {
        case .stop:
            let stepCount: Int = pools.map { $0.count / $0.quota }.min() ?? 0
            self.stepCount = stepCount
            lengths = quotas.map { stepCount * $0 }
            bounds = .quotas(quotas)
        case .cycle:
            let stepCount: Int = pools.map(\.stepCount).max() ?? 0
            self.stepCount = stepCount
            lengths = pools.map { $0.stepCount == stepCount ? $0.count : stepCount * $0.quota }
            bounds = .quotas(quotas)
        case .temperature(let temperature):
            guard temperature >= 1, temperature.isFinite else {
                throw DatasetError(
                    .invalidSchedule, "temperature", "is \(temperature)",
                    hint: "expected 1 for shares in proportion, or more for more equal ones")
            }
            lengths = Self.lengths(pools.map(\.count), temperature)
            let begins: [[Int32]] = Self.deal(lengths, stepSize: quotas.reduce(0, +))
            stepCount = (begins.first?.count ?? 1) - 1
            bounds = .dealt(begins)
        }
    }

    /// The same places, taken as a budget allows by an epoch whose lanes are these.
    ///
    /// At every step's end no modality is ahead of its share of the epoch by one place or more.
    init(_ shares: EpochShares, _ budget: TokenBudget, _ lanes: [[SampleReference]]) {
        lengths = shares.lengths
        let begins = budget.begins(lanes, Self.lanesInTurn(shares.lengths))
        stepCount = (begins.first?.count ?? 1) - 1
        bounds = .dealt(begins)
    }

    /// The places that a step takes of a modality.
    func places(ofPool pool: Int, atStep step: Int) -> Range<Int> {
        switch bounds {
        case .quotas(let quotas):
            let start: Int = min(step * quotas[pool], lengths[pool])
            return start..<min(start + quotas[pool], lengths[pool])
        case .dealt(let begins):
            return Int(begins[pool][step])..<Int(begins[pool][step + 1])
        }
    }

    /// As many places as all pools have, by the shares; what rounding leaves goes to the largest
    /// remainders.
    private static func lengths(_ counts: [Int], _ temperature: Double) -> [Int] {
        if temperature == 1 { return counts }
        let total: Int = counts.reduce(0, +)
        let largest = Double(counts.max() ?? 1)
        let weights: [Double] = counts.map { pow(Double($0) / largest, 1 / temperature) }
        let sum: Double = weights.reduce(0, +)
        let exact: [Double] = weights.map { $0 / sum * Double(total) }
        var lengths: [Int] = exact.map { Int($0.rounded(.down)) }
        let order: [Int] = exact.indices.sorted {
            let (a, b) = (exact[$0] - Double(lengths[$0]), exact[$1] - Double(lengths[$1]))
            return a == b ? $0 < $1 : a > b
        }
        let left: Int = total - lengths.reduce(0, +)
        for index in order.prefix(max(0, left)) { lengths[index] += 1 }
        for index in order.suffix(max(0, -left)) { lengths[index] -= 1 }
        return lengths
    }

    /// Deals places one by one to the modality that lags most behind its share, the first of equals;
    /// so none is ever ahead of its share by one place or more.
    private static func lanesInTurn(_ lengths: [Int]) -> [Int] {
        let total: Int = lengths.reduce(0, +)
        var given = [Int](repeating: 0, count: lengths.count)
        return (0..<total).map { place in
            let lags: [Int] = lengths.indices.map {
                lengths[$0] * (place + 1) - given[$0] * total
            }
            let next: Int = lags.indices.reduce(0) { lags[$1] > lags[$0] ? $1 : $0 }
            given[next] += 1
            return next
        }
    }

    /// Where steps of equally many places begin, and the end, for each modality.
    private static func deal(_ lengths: [Int], stepSize: Int) -> [[Int32]] {
        var given = [Int32](repeating: 0, count: lengths.count)
        var begins = [[Int32]](repeating: [0], count: lengths.count)
        let order = lanesInTurn(lengths)
        for (place, lane) in order.enumerated() {
            given[lane] += 1
            if (place + 1) % stepSize == 0 || place + 1 == order.count {
                for index in given.indices { begins[index].append(given[index]) }
            }
        }
        return begins
    }
}
