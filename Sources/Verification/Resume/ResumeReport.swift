package import Checkpointing

/// How runs that were stopped and continued compare with one that was not.
public struct ResumeReport: Sendable, Equatable, Encodable {
    /// One run.
    public struct Row: Sendable, Equatable, Encodable {
        /// What happened to it: `stopped after 3`, `killed 20 times`.
        public let run: String
        /// The digest of its last state.
        public let digest: String
        /// What differs from the straight run, by name; empty when nothing does.
        public let differing: [String]
    }

    /// Optimizer steps of each run.
    public let stepCount: Int
    /// The digest of the straight run's last state.
    public let digest: String
    /// The other runs.
    public let rows: [Row]

    /// Whether all runs ended in the same state.
    public var hasPassed: Bool { rows.allSatisfy { $0.differing.isEmpty } }

    /// Takes the rows.
    public init(stepCount: Int, digest: String, rows: [Row]) {
        self.stepCount = stepCount
        self.digest = digest
        self.rows = rows
    }

    private enum CodingKeys: String, CodingKey {
        case steps, digest, rows, passed
    }

    /// The rows, and what follows from them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(stepCount, forKey: .steps)
        try container.encode(digest, forKey: .digest)
        try container.encode(rows, forKey: .rows)
        try container.encode(hasPassed, forKey: .passed)
    }
}

extension ResumeReport.Row {
    /// Compares the last states of two runs.
    ///
    /// Throws: when a state could not be stored
    package init(_ run: String, _ state: Checkpoint, straight: Checkpoint) throws {
        self.run = run
        digest = try state.stateDigest()
        differing = try digest == straight.stateDigest() ? [] : Self.parts(state, straight)
    }

    /// Parts that differ, and of the ledger how many samples.
    private static func parts(_ a: Checkpoint, _ b: Checkpoint) -> [String] {
        let samples = Set(a.ledger.counts.keys).union(b.ledger.counts.keys)
        let differingCount = samples.count { a.ledger.counts[$0] != b.ledger.counts[$0] }
        let comparisons: [(String, Bool)] = [
            ("weights", a.tensors == b.tensors), ("optimizer", a.optimizer == b.optimizer),
            ("progress", a.progress == b.progress), ("random", a.random == b.random),
            ("ledger of \(differingCount) samples", a.ledger == b.ledger),
            ("metrics", a.metrics == b.metrics), ("digests of parts", a.digests == b.digests),
            ("modality tokens", a.modalityTokens == b.modalityTokens),
        ]
        return comparisons.filter { !$0.1 }.map(\.0)
    }
}
