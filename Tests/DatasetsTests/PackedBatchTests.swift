import Datasets
import Testing

@Suite struct PackedBatchTests {
    static let none = EncodedSample.unsupervised
    static let samples = [
        EncodedSample(
            sampleID: "v", modality: .visual, tokens: [5, 0, 0, 6, 7],
            slots: [MediaSlot(kind: .visual, range: 1..<3)], labels: [none, none, none, 6, 7]),
        EncodedSample(
            sampleID: "av", modality: .audioVisual, tokens: [0, 8, 0, 0, 9],
            slots: [
                MediaSlot(kind: .audio, range: 0..<1), MediaSlot(kind: .visual, range: 2..<4),
            ], labels: [none, 8, none, none, none]),
        EncodedSample(
            sampleID: "t", modality: .text, tokens: [4], slots: [], labels: [none]),
    ]

    @Test func samplesLieEndToEndWithPositionsOfTheirOwn() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.tokens == [5, 0, 0, 6, 7, 0, 8, 0, 0, 9, 4])
        #expect(batch.positions == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0])
        #expect(batch.segments.map(\.start) == [0, 5, 10])
        #expect(batch.segments.map(\.count) == [5, 5, 1])
        #expect(batch.sampleIDs == ["v", "av", "t"])
    }

    @Test func featuresGoToTheRowsOfTheirOwner() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.visual.rows == [1, 2, 7, 8])
        #expect(batch.visual.owners == [0, 1])
        #expect(batch.visual.rowCounts == [2, 2])
        #expect(batch.audio.rows == [5])
        #expect(batch.audio.owners == [1])
        #expect(batch.audio.rowCounts == [1])
    }

    @Test func rowBeforeALabelPredictsIt() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.supervisedRows == [2, 3, 5])
        #expect(batch.targets == [6, 7, 8])
        #expect(batch.supervisedRanges == [0..<2, 2..<3, 3..<3])
    }

    @Test func sharesAddUpToTheBatch() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.shares[.visual]?.supervisedCount == 2)
        #expect(batch.shares[.audio] == nil)
        #expect(batch.shares.values.reduce(0) { $0 + $1.tokenCount } == batch.tokens.count)
        #expect(batch.shares.values.reduce(0) { $0 + $1.sampleCount } == 3)
        #expect(batch.paddedCount == 3 * 5)
        #expect(
            batch.shares.values.reduce(0) { $0 + $1.supervisedCount } == batch.targets.count)
    }

    @Test func firstTokenCannotBeSupervised() async {
        await #expect(processExitsWith: .failure) {
            _ = EncodedSample(
                sampleID: "x", modality: .text, tokens: [1], slots: [], labels: [1])
        }
    }
}
