import Testing
import duet

@Suite struct ProgressReportTests {
    private func report(isWatched: Bool, columnCount: Int = 80) -> ProgressReport {
        ProgressReport("train", totalCount: 100, isWatched: isWatched, columnCount: columnCount)
    }

    @Test func shortWorkIsNotReported() {
        var report = report(isWatched: true)
        #expect(report.update(doneCount: 50, elapsedSeconds: 1.9) == nil)
        #expect(report.clear().isEmpty)
    }

    @Test func aPersonSeesABarWithTheTimeLeft() {
        var report = report(isWatched: true)
        let text = report.update(doneCount: 25, note: "loss 1.5", elapsedSeconds: 10)
        #expect(
            text
                == "\r\u{1B}[2K[#######.......................] train  25/100  loss 1.5  30 s left")
        #expect(report.update(doneCount: 26, elapsedSeconds: 10.05) == nil)
        #expect(report.clear() == "\r\u{1B}[2K")
    }

    @Test func theBarNeverLeavesItsLine() {
        var report = report(isWatched: true, columnCount: 30)
        let text = report.update(doneCount: 25, note: "loss 1.5", elapsedSeconds: 10) ?? ""
        #expect(text.count - "\r\u{1B}[2K".count == 29)
    }

    @Test func aLogGetsALineNowAndThen() {
        var report = report(isWatched: false)
        #expect(report.update(doneCount: 1, elapsedSeconds: 10) == nil)
        #expect(
            report.update(doneCount: 3, elapsedSeconds: 30) == "train  3/100  16 min 10 s left\n")
        #expect(report.update(doneCount: 4, elapsedSeconds: 59) == nil)
        #expect(report.clear().isEmpty)
    }

    @Test func timeLeftCountsOnlyWhatThisRunDid() {
        var report = ProgressReport(
            "train", totalCount: 100, firstCount: 90, isWatched: false, columnCount: 80)
        #expect(report.update(doneCount: 95, elapsedSeconds: 35) == "train  95/100  35 s left\n")
    }
}
