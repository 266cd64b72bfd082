import Testing
import duet

@Suite struct TableTests {
    @Test func columnsAreAlignedUnderTheirTitles() {
        var table = Table([("task", .leading), ("rows", .trailing)])
        table.add(["match", "1,200"])
        table.add(["what_see", "7"])
        #expect(
            table.text == """
                task       rows
                --------  -----
                match     1,200
                what_see      7
                """)
    }

    @Test func factsHaveNoTitlesAndNoSpacesAtTheEnd() {
        let table = Table(facts: [("file", "a.gguf"), ("a longer name", "")])
        #expect(table.text == "file           a.gguf\na longer name")
    }
}

@Suite struct QuantityTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
    func countsHaveCommas(value: Int, text: String) {
        #expect(Quantity.count(value) == text)
    }

    @Test(arguments: [
        (12, "12 B"), (999, "999 B"), (18_826_032, "18.8 MB"), (160_880_444, "161 MB"),
    ])
    func bytesHaveDecimalUnits(value: Int, text: String) {
        #expect(Quantity.bytes(value) == text)
    }

    @Test(arguments: [
        (0.04, "0.0 s"), (8.14, "8.1 s"), (9.96, "10 s"), (59.6, "1 min 00 s"),
        (200, "3 min 20 s"), (3_900, "1 h 05 min"), (Double.infinity, "?"),
    ])
    func durationsHaveTwoUnits(seconds: Double, text: String) {
        #expect(Quantity.duration(seconds: seconds) == text)
    }
}

@Suite struct SparklineTests {
    @Test func heightsFollowTheNumbers() {
        #expect(Sparkline.text(of: [0, 1, 2, 3, 4, 5, 6, 7], columnCount: 8) == "▁▂▃▄▅▆▇█")
    }

    @Test func longSeriesAreAveraged() {
        #expect(Sparkline.text(of: [4, 4, 2, 2, 0, 0], columnCount: 3) == "█▅▁")
    }

    @Test func flatEmptyAndBrokenSeriesHaveAText() {
        #expect(Sparkline.text(of: [3, 3], columnCount: 10) == "▁▁")
        #expect(Sparkline.text(of: [], columnCount: 10).isEmpty)
        #expect(Sparkline.text(of: [.nan, 1, .infinity, 2], columnCount: 10) == "▁█")
    }
}

@Suite struct ShellTextTests {
    @Test(arguments: [
        ("train.steps=3", "train.steps=3"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"),
    ])
    func wordsAreQuotedWhereNeeded(text: String, quoted: String) {
        #expect(ShellText.quoted(text) == quoted)
    }
}
