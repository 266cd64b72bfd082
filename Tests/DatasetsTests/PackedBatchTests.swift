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
            ], labels: [none, 8, none, none, 9]),
        EncodedSample(
            sampleID: "t", modality: .text, tokens: [4], slots: [], labels: [none]),
    ]

    @Test func samplesLieEndToEndWithPositionsOfTheirOwn() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.tokens == [5, 0, 0, 6, 0, 8, 0, 0, 4])
        #expect(batch.positions == [0, 1, 2, 3, 0, 1, 2, 3, 0])
        #expect(batch.segments.map(\.start) == [0, 4, 8])
        #expect(batch.segments.map(\.count) == [4, 4, 1])
        #expect(batch.sampleIDs == ["v", "av", "t"])
    }

    @Test func featuresGoToTheRowsOfTheirOwner() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.visual.rows == [1, 2, 6, 7])
        #expect(batch.visual.owners == [0, 1])
        #expect(batch.visual.rowCounts == [2, 2])
        #expect(batch.audio.rows == [4])
        #expect(batch.audio.owners == [1])
        #expect(batch.audio.rowCounts == [1])
    }

    @Test func rowBeforeALabelPredictsIt() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.supervisedRows == [2, 3, 4, 7])
        #expect(batch.targets == [6, 7, 8, 9])
        #expect(batch.supervisedRanges == [0..<2, 2..<4, 4..<4])
    }

    @Test func whatFollowsTheLastLabelHasNoRow() {
        let sample = EncodedSample(
            sampleID: "av", modality: .audioVisual, tokens: [3, 0, 8, 9, 2, 0, 0],
            slots: [
                MediaSlot(kind: .audio, range: 1..<2), MediaSlot(kind: .visual, range: 5..<7),
            ], labels: [Self.none, Self.none, 8, 9, Self.none, Self.none, Self.none])
        for batch in [
            PackedBatch([sample]),
            PackedBatch(
                [sample, sample], media: [[.audio: 0, .visual: 0], [.audio: 0, .visual: 0]],
                leastShared: 1),
        ] {
            #expect(batch.tokens == [3, 0, 8])
            #expect(Set(batch.supervisedRows) == [1, 2])
            #expect(batch.audio.rows == [1])
            #expect(batch.visual.rows.isEmpty)
            #expect(batch.shares[.audioVisual]?.tokenCount == 7 * batch.sampleIDs.count)
        }
    }

    @Test func sharesAddUpToTheBatch() {
        let batch = PackedBatch(Self.samples)
        #expect(batch.shares[.visual]?.supervisedCount == 2)
        #expect(batch.shares[.audio] == nil)
        #expect(
            batch.shares.values.reduce(0) { $0 + $1.tokenCount }
                == Self.samples.reduce(0) { $0 + $1.tokens.count })
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
