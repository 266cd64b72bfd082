import Datasets
import Foundation
import Testing

@Suite struct LedgerTests {
    static func scheduler() throws -> ModalityScheduler {
        try ModalityScheduler(
            sources: [
                .init(modalities: [.visual, .audio, .visual, .visual]),
                .init(modalities: [.audio, .audio]),
            ],
            quotas: [.visual: 1, .audio: 1], policy: .cycle, seed: 3)
    }

    @Test func epochIsEntered() throws {
        let scheduler = try Self.scheduler()
        var ledger = Ledger(sampleCounts: [4, 2])
        for batch in scheduler.batches().prefix(scheduler.stepsPerEpoch) { ledger.record(batch) }
        #expect(
            ledger.arrays == [
                "0/visual": [1, 0, 1, 1], "0/audio": [0, 1, 0, 0], "1/audio": [1, 1],
            ])
        let summary = ledger.summary(dataset: 0, modality: .visual)
        #expect(summary.seenCount == 3 && summary.total == 3)
        #expect(summary.fewest == 1 && summary.most == 1)
        #expect(ledger.summary(dataset: 1, modality: .text).total == 0)
    }

    @Test func halvesMergeToTheWhole() throws {
        let batches = Array(try Self.scheduler().batches().prefix(10))
        var whole = Ledger(sampleCounts: [4, 2])
        var first = whole
        var second = whole
        for batch in batches { whole.record(batch) }
        for batch in batches.prefix(4) { first.record(batch) }
        for batch in batches.dropFirst(4) { second.record(batch) }
        try first.merge(second)
        #expect(first == whole)
        #expect(throws: DatasetError.self) { try first.merge(Ledger(sampleCounts: [4])) }
    }

    @Test func arraysAndCodingRestoreIt() throws {
        var ledger = Ledger(sampleCounts: [4, 2])
        for batch in try Self.scheduler().batches().prefix(5) { ledger.record(batch) }
        #expect(try Ledger(sampleCounts: [4, 2], arrays: ledger.arrays) == ledger)
        let data = try JSONEncoder().encode(ledger)
        #expect(try JSONDecoder().decode(Ledger.self, from: data) == ledger)
    }

    @Test(arguments: [
        ["0/visual": [Int32](repeating: 0, count: 3)], ["2/visual": [1, 1]], ["1/smell": [1, 1]],
        ["1/audio": [-1, 0]], ["visual": [1]],
    ])
    func brokenArraysAreRefused(_ arrays: [String: [Int32]]) {
        let error = #expect(throws: DatasetError.self) {
            try Ledger(sampleCounts: [4, 2], arrays: arrays)
        }
        #expect(error?.kind == .invalidLedger)
    }
}
