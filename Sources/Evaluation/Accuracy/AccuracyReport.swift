import Datasets

/// How many of some rows were answered rightly.
public struct Accuracy: Sendable, Equatable, Encodable {
    /// The rows.
    public let count: Int
    /// Those answered rightly.
    public let rightCount: Int

    /// The share that is right; nil without rows.
    public var share: Double? { count == 0 ? nil : Double(rightCount) / Double(count) }

    /// Counts rows.
    public init(_ rows: some Sequence<ScoredRow>) {
        var counts = (all: 0, right: 0)
        for row in rows {
            counts.all += 1
            counts.right += row.isRight ? 1 : 0
        }
        (count, rightCount) = counts
    }

    private enum Key: String, CodingKey { case accuracy, count }

    /// `{"accuracy": share or null, "count": rows}`
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(share, forKey: .accuracy)
        try fields.encode(count, forKey: .count)
    }
}

/// Accuracy over all rows, by modality and by task.
public struct AccuracyReport: Sendable, Equatable, Encodable {
    /// The name under which rows without a task are counted.
    public static let withoutTask = "none"

    /// All rows.
    public let overall: Accuracy
    /// By the modality's name.
    public let modalities: [String: Accuracy]
    /// By the task's name.
    public let tasks: [String: Accuracy]

    /// Counts rows.
    public init(_ rows: [ScoredRow]) {
        overall = Accuracy(rows)
        modalities = Dictionary(grouping: rows, by: \.modality.rawValue)
            .mapValues { Accuracy($0) }
        tasks = Dictionary(grouping: rows) { $0.task ?? Self.withoutTask }
            .mapValues { Accuracy($0) }
    }

    private enum Key: String, CodingKey { case accuracy, count, modalities, tasks }

    /// `{"accuracy", "count", "modalities": {name: …}, "tasks": {name: …}}`
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(overall.share, forKey: .accuracy)
        try fields.encode(overall.count, forKey: .count)
        try fields.encode(modalities, forKey: .modalities)
        try fields.encode(tasks, forKey: .tasks)
    }
}
