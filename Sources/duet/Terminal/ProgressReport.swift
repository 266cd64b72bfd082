/// Tells how far some work has come: a bar for a person, a line now and then for a log.
package struct ProgressReport {
    /// Before this time a person is not told anything.
    static let quietSeconds = 2.0
    /// The least time between two drawings of the bar.
    static let drawingIntervalSeconds = 0.1
    /// The least time between two lines in a log.
    static let logIntervalSeconds = 30.0

    private let label: String
    private let totalCount: Int
    private let firstCount: Int
    private let isWatched: Bool
    private let columnCount: Int
    private var lastSeconds = 0.0
    private var isDrawn = false

    /// A report on `totalCount` pieces of work, of which `firstCount` were done before.
    package init(
        _ label: String, totalCount: Int, firstCount: Int = 0, isWatched: Bool, columnCount: Int
    ) {
        self.label = label
        self.totalCount = totalCount
        self.firstCount = firstCount
        self.isWatched = isWatched
        self.columnCount = columnCount
    }

    /// What to write after some pieces are done, or nil when it is not yet time to write.
    ///
    /// Units: seconds since the work began
    package mutating func update(
        doneCount: Int, note: String = "", elapsedSeconds: Double
    ) -> String? {
        let waitSeconds: Double = isWatched ? Self.drawingIntervalSeconds : Self.logIntervalSeconds
        guard elapsedSeconds >= Self.quietSeconds, elapsedSeconds - lastSeconds >= waitSeconds
        else { return nil }
        lastSeconds = elapsedSeconds
        let facts = facts(doneCount, note, elapsedSeconds)
        guard isWatched else { return facts + "\n" }
        isDrawn = true
        return "\r\u{1B}[2K" + line(facts, doneCount)
    }

    /// What to write to take the bar away.
    package mutating func clear() -> String {
        defer { isDrawn = false }
        return isDrawn ? "\r\u{1B}[2K" : ""
    }

    private func facts(_ doneCount: Int, _ note: String, _ elapsedSeconds: Double) -> String {
        var parts: [String] = [
            label, "\(Quantity.count(doneCount))/\(Quantity.count(totalCount))",
        ]
        if !note.isEmpty { parts.append(note) }
        if doneCount > firstCount, doneCount < totalCount {
            let pace: Double = elapsedSeconds / Double(doneCount - firstCount)
            let left: Double = pace * Double(totalCount - doneCount)
            parts.append("\(Quantity.duration(seconds: left)) left")
        }
        return parts.joined(separator: "  ")
    }

    /// The bar before the facts, where there is room for one; never longer than a line.
    private func line(_ facts: String, _ doneCount: Int) -> String {
        let room: Int = min(30, columnCount - facts.count - 5)
        guard room >= 8 else { return String(facts.prefix(columnCount - 1)) }
        let share: Double =
            totalCount == 0 ? 1 : min(1, Double(doneCount) / Double(totalCount))
        let filled = Int((share * Double(room)).rounded(.down))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: room - filled) + "] " + facts
    }
}
