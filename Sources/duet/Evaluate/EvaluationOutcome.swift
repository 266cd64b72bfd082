package import Evaluation

/// What an evaluation came to, with what it is compared to.
package struct EvaluationOutcome: Sendable, Encodable {
    package let trained: AccuracyReport
    /// The most frequent answer of each task.
    package var majority: AccuracyReport?
    /// The same model without its training.
    package var untrained: AccuracyReport?
    /// Rows without an answer.
    package let notScoredCount: Int

    package init(trained: AccuracyReport, notScoredCount: Int) {
        self.trained = trained
        self.notScoredCount = notScoredCount
    }

    private enum Key: String, CodingKey {
        case majority, untrained
        case notScored = "not_scored"
    }

    /// The trained model's figures at the top, the others under their names.
    package func encode(to encoder: any Encoder) throws {
        try trained.encode(to: encoder)
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(notScoredCount, forKey: .notScored)
        try fields.encodeIfPresent(majority, forKey: .majority)
        try fields.encodeIfPresent(untrained, forKey: .untrained)
    }

    /// The figures as one table: overall, by modality, by task.
    package var text: String {
        let others: [(title: String, report: AccuracyReport)] = [
            ("majority", majority), ("untrained", untrained),
        ].compactMap { title, report in report.map { (title, $0) } }
        var table = Table(
            [("", .leading), ("rows", .trailing), ("accuracy", .trailing)]
                + others.map { ($0.title, .trailing) })
        func add(_ name: String, _ accuracy: (AccuracyReport) -> Accuracy?) {
            let own = accuracy(trained)
            let shares: [String] = ([trained] + others.map(\.report)).map { report in
                accuracy(report)?.share.map(Quantity.percent) ?? "-"
            }
            table.add([name, Quantity.count(own?.count ?? 0)] + shares)
        }
        add("all") { $0.overall }
        for name in trained.modalities.keys.sorted() { add(name) { $0.modalities[name] } }
        for name in trained.tasks.keys.sorted() { add("  " + name) { $0.tasks[name] } }
        guard notScoredCount > 0 else { return table.text }
        return table.text + "\n\n\(Quantity.count(notScoredCount)) rows without an answer are not "
            + "scored"
    }
}
