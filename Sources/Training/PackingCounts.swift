internal import Datasets

/// Rows computed for samples, beside what other ways to batch them would compute.
public struct PackingCounts: Sendable, Equatable {
    /// Tokens of all samples.
    public private(set) var tokenCount = 0
    /// Rows that were computed for them: none for the tokens after a sample's last prediction, and one
    /// for several where samples begin with the same tokens and media.
    public private(set) var rowCount = 0
    /// What each micro-batch padded to its longest sample would take.
    public private(set) var paddedCount = 0

    /// Tokens of samples for each row computed: a little above 1 where nothing is shared, as no loss depends
    /// on a sample's last tokens, more where it is; 0 where there are no rows.
    ///
    /// Formula: tokens / rows
    public var efficiency: Double {
        rowCount > 0 ? Double(tokenCount) / Double(rowCount) : 0
    }

    /// Counts of nothing.
    init() {}

    /// Counts of one micro-batch.
    init(_ packed: PackedBatch) {
        tokenCount = packed.shares.values.reduce(0) { $0 + $1.tokenCount }
        rowCount = packed.tokens.count
        paddedCount = packed.paddedCount
    }

    /// Both together.
    static func + (one: PackingCounts, other: PackingCounts) -> PackingCounts {
        var sum = one
        sum.tokenCount += other.tokenCount
        sum.rowCount += other.rowCount
        sum.paddedCount += other.paddedCount
        return sum
    }
}

extension PackingCounts {
    private static let names = (tokens: "tokens", rows: "rows", padded: "padded_tokens")

    /// The counts in a line of `metrics.jsonl`, or nil when it is not of a step.
    init?(_ line: [String: Any]) {
        guard let tokens = line[Self.names.tokens] as? Int,
            let rows = line[Self.names.rows] as? Int,
            let padded = line[Self.names.padded] as? Int
        else { return nil }
        (tokenCount, rowCount, paddedCount) = (tokens, rows, padded)
    }

    /// The counts as JSON, in a line of `metrics.jsonl` and in the run's summary.
    var object: [String: Any] {
        [
            Self.names.tokens: tokenCount, Self.names.rows: rowCount,
            Self.names.padded: paddedCount, "packing_efficiency": efficiency,
        ]
    }
}
