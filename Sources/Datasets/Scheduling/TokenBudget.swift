/// Cuts an epoch's order into steps by how many tokens their samples have.
///
/// A step ends before the first sample with which it would have more than the budget, so every step takes as
/// many samples as fit, in whole. A sample that is longer by itself has a step of its own.
public struct TokenBudget: Sendable {
    /// Tokens of a step's samples at most.
    public let count: Int
    /// Tokens of each sample, by data set.
    private let tokenCounts: [[Int]]

    /// A budget for samples of these lengths.
    ///
    /// Traps: when `count` is below 1
    public init(count: Int, tokenCounts: [[Int]]) {
        precondition(count > 0, "token budget: \(count) tokens, expected at least 1")
        self.count = count
        self.tokenCounts = tokenCounts
    }

    /// Samples of these lengths, in order, in stretches of at most `count` tokens; a sample that is longer by
    /// itself is a stretch of its own.
    public static func stretches(of tokenCounts: [Int], atMost count: Int) -> [Range<Int>] {
        var stretches: [Range<Int>] = []
        var (start, sum) = (0, 0)
        for (index, tokenCount) in tokenCounts.enumerated() {
            if index > start, sum + tokenCount > count {
                stretches.append(start..<index)
                (start, sum) = (index, 0)
            }
            sum += tokenCount
        }
        if start < tokenCounts.count { stretches.append(start..<tokenCounts.count) }
        return stretches
    }

    /// Where each step begins, and the end, in each lane; `lanesInTurn` says which lane gives the next
    /// sample.
    func begins(_ lanes: [[SampleReference]], _ lanesInTurn: [Int]) -> [[Int32]] {
        var given = [Int](repeating: 0, count: lanes.count)
        var begins = [[Int32]](repeating: [], count: lanes.count)
        func cut() { for lane in lanes.indices { begins[lane].append(Int32(given[lane])) } }
        var (sum, isFirst) = (0, true)
        for lane in lanesInTurn {
            let reference = lanes[lane][given[lane]]
            let tokenCount = tokenCounts[reference.dataset][reference.sample]
            if isFirst || sum + tokenCount > count {
                cut()
                (sum, isFirst) = (0, false)
            }
            sum += tokenCount
            given[lane] += 1
        }
        cut()
        return begins
    }
}
