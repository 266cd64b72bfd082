import Datasets
import Testing

@Suite struct ModalitySchedulerTests {
    typealias Source = ModalityScheduler.Source

    static func source(_ v: Int, _ a: Int, _ av: Int, weight: Double = 1) -> Source {
        let modalities: [Modality] =
            Array(repeating: .visual, count: v) + Array(repeating: .audio, count: a)
            + Array(repeating: .audioVisual, count: av)
        return Source(modalities: modalities, weight: weight)
    }

    static func quotas(_ v: Int, _ a: Int, _ av: Int) -> [Modality: Int] {
        [.visual: v, .audio: a, .audioVisual: av]
    }

    /// How often each sample of a modality is seen in some epochs.
    static func counts(
        _ scheduler: ModalityScheduler, epochs: Range<Int>, of modality: Modality,
        among range: Range<Int>
    ) -> [Int] {
        var counts = [Int](repeating: 0, count: range.count)
        for epoch in epochs {
            let plan = scheduler.plan(forEpoch: epoch)
            for step in 0..<plan.stepCount {
                for entry in plan.batch(atStepInEpoch: step).entries
                where entry.modality == modality {
                    counts[entry.reference.sample - range.lowerBound] += 1
                }
            }
        }
        return counts
    }

    @Test(arguments: [1, 2, 3, 5, 8], [1, 2, 3, 4, 7, 60])
    func cyclingSeesEverySampleOfTheLongestExactlyOnce(_ quota: Int, _ otherCount: Int) throws {
        for count in 1...60 {
            let scheduler = try ModalityScheduler(
                sources: [Self.source(count, otherCount, 0)], quotas: Self.quotas(quota, 2, 0),
                policy: .cycle, seed: 11)
            let steps = max((count + quota - 1) / quota, (otherCount + 1) / 2)
            #expect(scheduler.stepsPerEpoch == steps)
            for (modality, range, share) in [
                (Modality.visual, 0..<count, quota),
                (.audio, count..<count + otherCount, 2),
            ] {
                let seen = Self.counts(scheduler, epochs: 1..<2, of: modality, among: range)
                let lasts = (range.count + share - 1) / share == steps
                if lasts {
                    #expect(seen.allSatisfy { $0 == 1 })
                } else {
                    #expect(seen.reduce(0, +) == steps * share)
                    #expect((seen.max() ?? 0) - (seen.min() ?? 0) <= 1)
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5], [3, 7, 60])
    func stoppingShowsNoSampleTwice(_ quota: Int, _ otherCount: Int) throws {
        for count in quota...60 {
            let scheduler = try ModalityScheduler(
                sources: [Self.source(count, otherCount, 0)], quotas: Self.quotas(quota, 2, 0),
                policy: .stop, seed: 5)
            #expect(scheduler.stepsPerEpoch == min(count / quota, otherCount / 2))
            let seen = Self.counts(scheduler, epochs: 2..<3, of: .visual, among: 0..<count)
            #expect(seen.allSatisfy { $0 <= 1 })
            #expect(seen.reduce(0, +) == scheduler.stepsPerEpoch * quota)
        }
    }

    @Test(arguments: [
        ModalityScheduler.ExhaustionPolicy.stop, .cycle, .temperature(1), .temperature(3),
    ])
    func countsStayWithinOneOverManyEpochs(_ policy: ModalityScheduler.ExhaustionPolicy) throws {
        for sizes in [(10, 7, 4), (1000, 333, 97), (5, 60, 31)] {
            let (v, a, av) = sizes
            let scheduler = try ModalityScheduler(
                sources: [Self.source(v, a, av)], quotas: Self.quotas(3, 2, 4), policy: policy,
                seed: 2)
            let ranges: [Modality: Range<Int>] = [
                .visual: 0..<v, .audio: v..<v + a, .audioVisual: v + a..<v + a + av,
            ]
            for (modality, range) in ranges {
                for epochCount in [1, 3, 8] {
                    let seen = Self.counts(
                        scheduler, epochs: 0..<epochCount, of: modality, among: range)
                    #expect((seen.max() ?? 0) - (seen.min() ?? 0) <= 1)
                }
            }
        }
    }

    @Test func everyStepHoldsItsQuotas() throws {
        for (v, a, av) in [(2, 1, 1), (1, 0, 3), (4, 4, 8), (0, 1, 0)] {
            for policy in [ModalityScheduler.ExhaustionPolicy.stop, .cycle] {
                let scheduler = try ModalityScheduler(
                    sources: [Self.source(48, 24, 24)], quotas: Self.quotas(v, a, av),
                    policy: policy, seed: 1)
                for batch in scheduler.batches().prefix(2 * scheduler.stepsPerEpoch) {
                    #expect(batch.count(of: .visual) == v)
                    #expect(batch.count(of: .audio) == a)
                    #expect(batch.count(of: .audioVisual) == av)
                }
            }
        }
    }

    @Test func lastStepOfACycleGivesWhatIsLeft() throws {
        let scheduler = try ModalityScheduler(
            sources: [Self.source(7, 2, 0)], quotas: Self.quotas(3, 1, 0), policy: .cycle, seed: 1)
        let batches = Array(scheduler.batches().prefix(3))
        #expect(batches.map { $0.count(of: .visual) } == [3, 3, 1])
        #expect(batches.map { $0.count(of: .audio) } == [1, 1, 1])
    }

    @Test func anyStepIsTheSameReachedDirectlyOrInTurn() throws {
        let sources = [Self.source(10, 5, 3), Self.source(4, 9, 0, weight: 0.6)]
        let make = { (seed: UInt64) in
            try ModalityScheduler(
                sources: sources, quotas: Self.quotas(2, 1, 1), policy: .cycle, seed: seed)
        }
        let scheduler = try make(4)
        let straight = Array(scheduler.batches().prefix(40))
        #expect(straight.map(\.step) == Array(0..<40))
        for step in [0, 1, 13, 39] {
            #expect(try make(4).batch(atStep: step) == straight[step])
            #expect(scheduler.batches(from: step).first { _ in true } == straight[step])
        }
        #expect(Array(try make(5).batches().prefix(40)) != straight)
    }

    @Test func everyEpochHasAnOrderOfItsOwn() throws {
        let scheduler = try ModalityScheduler(
            sources: [Self.source(50, 0, 0)], quotas: [.visual: 50], policy: .cycle, seed: 1)
        let orders = Set(scheduler.batches().prefix(20).map(\.entries))
        #expect(orders.count == 20)
    }

    @Test func orderIsTheSameOnEveryMachine() throws {
        let scheduler = try ModalityScheduler(
            sources: [Self.source(8, 0, 0)], quotas: [.visual: 8], policy: .cycle, seed: 1)
        #expect(
            scheduler.batch(atStep: 0).entries.map(\.reference.sample) == [1, 5, 2, 3, 6, 4, 0, 7])
    }

    @Test(arguments: [0.5, 0.3, 1.7, 2, 3.25])
    func weightIsTheAverageNumberOfTimesASampleComes(_ weight: Double) throws {
        let scheduler = try ModalityScheduler(
            sources: [Self.source(20, 0, 0), Self.source(20, 0, 0, weight: weight)],
            quotas: [.visual: 1], policy: .cycle, seed: 8)
        var perEpoch = [Int](repeating: 0, count: 20)
        var counts = [Int](repeating: 0, count: 20)
        for epoch in 0..<20 {
            var seen = [Int](repeating: 0, count: 20)
            let plan = scheduler.plan(forEpoch: epoch)
            for step in 0..<plan.stepCount {
                for entry in plan.batch(atStepInEpoch: step).entries
                where entry.reference.dataset == 1 {
                    seen[entry.reference.sample] += 1
                }
            }
            perEpoch[epoch] = seen.reduce(0, +)
            #expect((seen.max() ?? 0) - (seen.min() ?? 0) <= 1)
            for index in 0..<20 { counts[index] += seen[index] }
        }
        #expect(perEpoch.allSatisfy { $0 == Int(20 * weight) })
        #expect(counts.allSatisfy { $0 == Int(20 * weight) })
    }

    @Test func scheduleThatCannotBeMadeIsRefused() {
        let wrong: [(sources: [Source], quotas: [Modality: Int], subject: String)] = [
            ([Self.source(5, 0, 5)], Self.quotas(1, 1, 1), "audio"),
            ([], Self.quotas(1, 0, 0), "visual"),
            ([Self.source(5, 5, 5)], [:], "quotas"),
            ([Self.source(5, 5, 5)], Self.quotas(0, 0, 0), "quotas"),
            ([Self.source(5, 5, 5)], Self.quotas(1, -1, 0), "audio"),
            ([Self.source(5, 5, 5)], Self.quotas(1, 6, 0), "audio"),
            ([Self.source(5, 5, 5, weight: 0)], Self.quotas(1, 0, 0), "data set 1"),
            ([Self.source(5, 5, 5, weight: .nan)], Self.quotas(1, 0, 0), "data set 1"),
            (
                [Self.source(9, 9, 9), Self.source(2, 0, 0, weight: 0.1)], Self.quotas(1, 0, 0),
                "data set 2"
            ),
        ]
        for (sources, quotas, subject) in wrong {
            let error = #expect(throws: DatasetError.self) {
                try ModalityScheduler(sources: sources, quotas: quotas, policy: .stop, seed: 0)
            }
            #expect(error?.kind == .invalidSchedule)
            #expect(error?.subject == subject)
        }
    }

    @Test func samplesNoQuotaAsksForAreCounted() {
        let unused = ModalityScheduler.unusedCounts(
            sources: [Self.source(2, 3, 4), Source(modalities: [.text])],
            quotas: Self.quotas(1, 0, 1))
        #expect(unused == [.audio: 3, .text: 1])
    }
}
