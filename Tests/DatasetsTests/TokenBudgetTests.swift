import Datasets
import Testing

/// Steps hold as many samples as fit a budget of tokens, in the proportions of the quotas.
@Suite struct TokenBudgetTests {
    private static let modalities: [Modality] = [.visual, .audio, .audioVisual]
    private static let policies: [ModalityScheduler.ExhaustionPolicy] = [
        .stop, .cycle, .temperature(1), .temperature(3),
    ]

    /// Up to 1,000 samples of each modality, of up to 100 tokens.
    private struct Setting {
        static let longest = 100
        let source: ModalityScheduler.Source
        let tokenCounts: [Int]
        let quotas: [Modality: Int]
        let budget: Int
        let seed: UInt64

        init(_ index: Int) {
            var generator = SplitMix64(seed: 41, path: [UInt64(index)])
            let modalities = TokenBudgetTests.modalities.flatMap { modality in
                [Modality](repeating: modality, count: generator.sampleCount())
            }
            source = .init(modalities: modalities)
            tokenCounts = modalities.map { _ in 1 + generator.integer(below: Self.longest) }
            quotas = Dictionary(
                uniqueKeysWithValues: TokenBudgetTests.modalities.map {
                    ($0, generator.integer(below: 6))
                })
            budget = Self.longest + generator.integer(below: 900)
            seed = generator.next()
        }

        /// A scheduler with the budget or without; nil where none exists.
        func scheduler(
            _ policy: ModalityScheduler.ExhaustionPolicy, isBudgeted: Bool = true,
            clips: [Int]? = nil
        ) -> ModalityScheduler? {
            try? ModalityScheduler(
                sources: [source], quotas: quotas, policy: policy,
                grouping: clips.map { ClipGrouping(clips: [$0], count: 5) },
                budget: isBudgeted ? TokenBudget(count: budget, tokenCounts: [tokenCounts]) : nil,
                seed: seed)
        }

        func tokens(_ batch: ScheduledBatch) -> Int {
            batch.entries.reduce(0) { $0 + tokenCounts[$1.reference.sample] }
        }
    }

    private static func batches(_ scheduler: ModalityScheduler, epoch: Int) -> [ScheduledBatch] {
        let plan = scheduler.plan(forEpoch: epoch)
        return (0..<plan.stepCount).map { plan.batch(atStepInEpoch: $0) }
    }

    private static func counts(_ batches: [ScheduledBatch]) -> [ScheduledBatch.Entry: Int] {
        batches.flatMap(\.entries).reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    @Test(arguments: 0..<8)
    func stepsAreFullAndEpochsAreThoseOfTheQuotas(_ group: Int) throws {
        var checkedCount = 0
        for index in group * 10..<(group + 1) * 10 {
            let setting = Setting(index)
            for policy in Self.policies {
                guard let plain = setting.scheduler(policy, isBudgeted: false) else { continue }
                let scheduler = try #require(setting.scheduler(policy))
                for epoch in 0..<2 {
                    let batches = Self.batches(scheduler, epoch: epoch)
                    #expect(Self.counts(batches) == Self.counts(Self.batches(plain, epoch: epoch)))
                    for batch in batches {
                        #expect(setting.tokens(batch) <= setting.budget && !batch.entries.isEmpty)
                    }
                    for batch in batches.dropLast() {
                        #expect(setting.tokens(batch) > setting.budget - Setting.longest)
                    }
                    Self.expectShares(batches, setting.quotas)
                    checkedCount += 1
                }
            }
        }
        #expect(checkedCount > 10)
    }

    /// Expects that at every step's end no modality is ahead of its share by a sample or more.
    private static func expectShares(_ batches: [ScheduledBatch], _ quotas: [Modality: Int]) {
        func count(_ batches: some Sequence<ScheduledBatch>, _ modality: Modality) -> Int {
            batches.reduce(0) { $0 + $1.count(of: modality) }
        }
        let total = batches.reduce(0) { $0 + $1.entries.count }
        for modality in modalities {
            let length = count(batches, modality)
            var (given, places) = (0, 0)
            for batch in batches {
                given += batch.count(of: modality)
                places += batch.entries.count
                #expect(Double(given) < Double(length * places) / Double(total) + 1)
            }
        }
    }

    @Test func stepsFollowOneAnotherReachedDirectlyOrInTurn() throws {
        let setting = try #require(
            (0..<40).lazy.map { Setting($0) }.first {
                $0.scheduler(.cycle).map { $0.stepsPerEpoch > 20 } == true
            })
        let scheduler = try #require(setting.scheduler(.cycle))
        let ends = (1...4).map { scheduler.firstStep(ofEpoch: $0) }
        let straight = Array(scheduler.batches().prefix(ends[3]))
        #expect(straight.map(\.step) == Array(0..<ends[3]))
        #expect(straight.map(\.epoch) == straight.indices.map { step in ends.count { $0 <= step } })
        #expect(Set(zip([0] + ends, ends).map { $1 - $0 }).count > 1, "epochs differ in length")
        for step in [ends[2], 0, ends[0] - 1, ends[3] - 1, ends[1] + 3] {
            let another = try #require(setting.scheduler(.cycle))
            #expect(another.batch(atStep: step) == straight[step])
            #expect(another.batches(from: step).first { _ in true } == straight[step])
        }
    }

    @Test func stretchesHoldWhatFits() {
        #expect(TokenBudget.stretches(of: [], atMost: 5) == [])
        let uneven = TokenBudget.stretches(of: [2, 3, 1, 9, 5], atMost: 5)
        #expect(uneven == [0..<2, 2..<3, 3..<4, 4..<5])
        #expect(TokenBudget.stretches(of: [1, 1, 1, 1, 1], atMost: 2) == [0..<2, 2..<4, 4..<5])
        #expect(TokenBudget.stretches(of: [9], atMost: 5) == [0..<1])
    }

    @Test func questionsOfAClipStayTogether() throws {
        let count = 300
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: [Modality](repeating: .audioVisual, count: count))],
            quotas: [.audioVisual: 1], policy: .cycle,
            grouping: ClipGrouping(clips: [(0..<count).map { $0 % 60 }], count: 5),
            budget: TokenBudget(
                count: 300, tokenCounts: [(0..<count).map { 20 + $0 % 17 }]), seed: 3)
        let batches = Self.batches(scheduler, epoch: 0)
        let visits = batches.reduce(0) {
            $0 + Set($1.entries.map { $0.reference.sample % 60 }).count
        }
        #expect(visits < 60 + batches.count && Self.counts(batches).count == count)
    }

    @Test func aLongerSampleHasAStepOfItsOwn() throws {
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: [Modality](repeating: .audio, count: 5))],
            quotas: [.audio: 1], policy: .cycle,
            budget: TokenBudget(count: 10, tokenCounts: [[4, 4, 11, 4, 4]]), seed: 6)
        for epoch in 0..<6 {
            let batches = Self.batches(scheduler, epoch: epoch)
            #expect(batches.contains { $0.entries.map(\.reference.sample) == [2] })
            #expect(batches.allSatisfy { $0.entries.count <= 2 })
        }
    }
}
