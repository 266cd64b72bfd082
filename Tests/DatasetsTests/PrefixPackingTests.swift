import Datasets
import Testing

@Suite struct PrefixPackingTests {
    private static let none = EncodedSample.unsupervised

    /// A sample of 4 opening tokens, a picture of 3 tokens, a question, an answer and its end, which has
    /// no row.
    private static func sample(
        _ id: String, opening: [Int32] = [1, 2, 3, 4], question: [Int32], answer: [Int32]
    ) -> EncodedSample {
        let head = opening + [0, 0, 0] + question
        return EncodedSample(
            sampleID: id, modality: .visual, tokens: head + answer + [2],
            slots: [MediaSlot(kind: .visual, range: opening.count..<opening.count + 3)],
            labels: head.map { _ in none } + answer + [2])
    }

    private static let a = sample("a", question: [7, 8], answer: [50, 51])
    private static let b = sample("b", question: [7, 9], answer: [52])
    private static let c = sample("c", question: [7, 8], answer: [53])

    private static func packed(_ pictures: [Int], least: Int = 1) -> PackedBatch {
        PackedBatch([a, b, c], media: pictures.map { [.visual: $0] }, leastShared: least)
    }

    /// The tokens and features that a sample's rows see, from its last row back to its first.
    private static func content(_ batch: PackedBatch, row: Int) -> [String] {
        var texts: [String] = []
        var segment = batch.segments.lastIndex { $0.start <= row } ?? 0
        var last = row
        while true {
            let start = batch.segments[segment].start
            texts = (start...last).map { text(batch, $0) } + texts
            guard let parent = batch.segments[segment].parent else { return texts }
            segment = parent
            last = batch.segments[parent].start + batch.segments[parent].count - 1
        }
    }

    private static func text(_ batch: PackedBatch, _ row: Int) -> String {
        guard let place = batch.visual.rows.firstIndex(of: Int32(row)) else {
            return "\(batch.tokens[row])@\(batch.positions[row])"
        }
        var rest = place
        for (owner, tokens) in zip(batch.visual.owners, batch.visual.tokens) {
            if rest < tokens.count {
                return "\(owner):\(tokens.lowerBound + rest)@\(batch.positions[row])"
            }
            rest -= tokens.count
        }
        return "?"
    }

    @Test func samplesOfOneClipShareItAndTheirQuestion() {
        let batch = Self.packed([5, 5, 5])
        #expect(batch.tokens == [1, 2, 3, 4, 0, 0, 0, 7, 8, 50, 51, 53, 9, 52])
        #expect(batch.positions == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9, 8, 9])
        #expect(batch.segments.map(\.parent) == [nil, 0, 1, 1, 0])
        #expect(batch.segments.map(\.count) == [8, 1, 2, 1, 2])
        #expect(batch.visual.rows == [4, 5, 6] && batch.visual.owners == [0])
        #expect(batch.supervisedRows == [8, 9, 10, 12, 13, 8, 11])
        #expect(batch.targets == [50, 51, 2, 52, 2, 53, 2])
        #expect(batch.supervisedRanges == [0..<3, 3..<5, 5..<7])
        #expect(batch.shares[.visual]?.tokenCount == 12 + 11 + 11)
    }

    @Test func otherClipsShareTheOpeningAlone() {
        let batch = Self.packed([5, 6, 5])
        #expect(batch.segments.map(\.parent) == [nil, 0, 1, 1, 0])
        #expect(batch.segments.map(\.count) == [4, 5, 2, 1, 6])
        #expect(batch.visual.owners == [0, 1] && batch.visual.rowCounts == [3, 3])
    }

    @Test func whatIsTooShortStaysApart() {
        let batch = Self.packed([5, 6, 5], least: 5)
        #expect(batch.segments.map(\.parent) == [nil, 0, 0, nil])
        #expect(batch.segments.map(\.count) == [9, 2, 1, 10])
        let apart = Self.packed([5, 5, 5], least: 100)
        #expect(apart.segments.map(\.count).sorted() == [10, 10, 11])
        #expect(apart.segments.allSatisfy { $0.parent == nil })
    }

    @Test(arguments: [[5, 5, 5], [5, 6, 5], [4, 5, 6]], [1, 3, 5, 9, 100])
    func everyRowSeesItsOwnSample(_ pictures: [Int], _ least: Int) {
        let samples = [Self.a, Self.b, Self.c]
        let batch = Self.packed(pictures, least: least)
        for (index, range) in batch.supervisedRanges.enumerated() {
            let alone = PackedBatch([samples[index]])
            for (row, expected) in zip(batch.supervisedRows[range], alone.supervisedRows) {
                let seen = Self.content(batch, row: Int(row)).map { text -> String in
                    guard let colon = text.firstIndex(of: ":"), let owner = Int(text[..<colon])
                    else { return text }
                    return "\(pictures[owner])" + text[colon...]
                }
                let own = Self.content(alone, row: Int(expected)).map { text in
                    text.hasPrefix("0:") ? "\(pictures[index])" + text.dropFirst() : text
                }
                #expect(seen == own)
            }
            #expect(Array(batch.targets[range]) == alone.targets)
        }
    }

    @Test func equalSamplesAreThereOnce() {
        let batch = PackedBatch(
            [Self.a, Self.a], media: [[.visual: 1], [.visual: 1]], leastShared: 1)
        #expect(batch.tokens == Self.a.tokens.dropLast() && batch.segments.count == 1)
        #expect(batch.supervisedRows == [8, 9, 10, 8, 9, 10])
    }

    @Test func aSampleThatIsTheBeginningOfAnotherEndsThere() {
        let long = Self.sample("long", question: [7, 8, 9, 9], answer: [1])
        let short = Self.sample("short", question: [7], answer: [8])
        let batch = PackedBatch(
            [long, short], media: [[.visual: 1], [.visual: 1]], leastShared: 1)
        #expect(batch.segments.map(\.parent) == [nil, 0])
        #expect(batch.tokens == long.tokens.dropLast())
        #expect(batch.supervisedRows == [10, 11, 7, 8])
    }
}
