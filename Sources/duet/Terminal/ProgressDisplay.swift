/// A progress report that keeps the time and writes to the console.
package struct ProgressDisplay {
    private var report: ProgressReport
    private let console: Console
    private let start = ContinuousClock.now

    /// Begins the work.
    package init(_ label: String, totalCount: Int, firstCount: Int = 0, on console: Console) {
        report = ProgressReport(
            label, totalCount: totalCount, firstCount: firstCount, isWatched: console.isWatched,
            columnCount: console.columnCount)
        self.console = console
    }

    /// The time since the work began.
    package var elapsedSeconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Tells that some pieces are done.
    package mutating func update(doneCount: Int, note: String = "") {
        if let text = report.update(
            doneCount: doneCount, note: note, elapsedSeconds: elapsedSeconds)
        {
            console.draw(text)
        }
    }

    /// Writes a line that stays, above the bar.
    package mutating func note(_ text: String) {
        console.draw(report.clear() + text + "\n")
    }

    /// Takes the bar away.
    package mutating func finish() {
        console.draw(report.clear())
    }
}
