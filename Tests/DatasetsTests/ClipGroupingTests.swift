import Datasets
import Testing

/// Questions about one clip come together, and nothing else about a schedule changes.
@Suite struct ClipGroupingTests {
    typealias Policy = ModalityScheduler.ExhaustionPolicy

    private static let modalities: [Modality] = [.visual, .audio, .audioVisual]
    private static let policies: [Policy] = [.stop, .cycle, .temperature(1), .temperature(3)]

    /// Samples of two data sets about clips that have one question or many, and a group's size.
    private struct Setting {
        let sources: [ModalityScheduler.Source]
        let clips: [[Int]]
        let quotas: [Modality: Int]
        let groupCount: Int
        let seed: UInt64

        init(_ index: Int) {
            var generator = SplitMix64(seed: 77, path: [UInt64(index)])
            let sizes = (0..<3).map { _ in generator.sampleCount() }
            let questionCount = 1 + generator.integer(below: 12)
            var clips: [[Int]] = [[], []]
            sources = (0..<2).map { half in
                var modalities: [Modality] = []
                for (lane, size) in sizes.enumerated() {
                    let count = half == 0 ? size / 3 : size - size / 3
                    modalities += [Modality](
                        repeating: ClipGroupingTests.modalities[lane], count: count)
                    clips[half] += (0..<count).map { _ in
                        3 * generator.integer(below: size / questionCount + 1) + lane
                    }
                }
                return ModalityScheduler.Source(
                    modalities: modalities,
                    weight: half == 0 ? 1 : [1, 0.5, 2][generator.integer(below: 3)])
            }
            self.clips = clips
            quotas = Dictionary(
                uniqueKeysWithValues: ClipGroupingTests.modalities.map {
                    ($0, generator.integer(below: 20))
                })
            groupCount = 2 + generator.integer(below: 9)
            seed = generator.next()
        }

        func scheduler(_ policy: Policy, isGrouped: Bool) -> ModalityScheduler? {
            try? ModalityScheduler(
                sources: sources, quotas: quotas, policy: policy,
                grouping: isGrouped ? ClipGrouping(clips: clips, count: groupCount) : nil,
                seed: seed)
        }

        func clip(_ entry: ScheduledBatch.Entry) -> Int {
            clips[entry.reference.dataset][entry.reference.sample]
        }
    }

    @Test(arguments: 0..<8)
    func quotasAndSamplesOfEveryEpochStay(_ group: Int) throws {
        var checkedCount = 0
        for index in group * 20..<(group + 1) * 20 {
            let setting = Setting(index)
            for policy in Self.policies {
                guard let plain = setting.scheduler(policy, isGrouped: false) else { continue }
                let grouped = try #require(setting.scheduler(policy, isGrouped: true))
                #expect(grouped.stepsPerEpoch == plain.stepsPerEpoch)
                for epoch in 0..<2 {
                    let steps = 0..<plain.stepsPerEpoch
                    let (a, b) = (plain.plan(forEpoch: epoch), grouped.plan(forEpoch: epoch))
                    let expected = steps.map { a.batch(atStepInEpoch: $0) }
                    let found = steps.map { b.batch(atStepInEpoch: $0) }
                    for (one, other) in zip(expected, found) {
                        #expect(one.entries.map(\.modality) == other.entries.map(\.modality))
                    }
                    func counts(_ batches: [ScheduledBatch]) -> [ScheduledBatch.Entry: Int] {
                        batches.flatMap(\.entries).reduce(into: [:]) { $0[$1, default: 0] += 1 }
                    }
                    #expect(counts(expected) == counts(found), "\(setting) \(policy)")
                    checkedCount += 1
                }
            }
        }
        #expect(checkedCount > 40)
    }

    @Test func stepsHaveAsFewClipsAsQuotasAllow() throws {
        var checkedCount = 0
        for index in 0..<80 {
            let setting = Setting(index)
            guard let scheduler = setting.scheduler(.temperature(1), isGrouped: true),
                setting.sources.allSatisfy({ $0.weight == 1 })
            else { continue }
            let plan = scheduler.plan(forEpoch: 1)
            let batches = (0..<scheduler.stepsPerEpoch).map { plan.batch(atStepInEpoch: $0) }
            for modality in Self.modalities {
                let lanes = batches.map { $0.entries.filter { $0.modality == modality } }
                let visits = lanes.reduce(0) { $0 + Set($1.map(setting.clip)).count }
                let questions: [Int: Int] = lanes.joined().reduce(into: [:]) {
                    $0[setting.clip($1), default: 0] += 1
                }
                let size = setting.groupCount
                let groups = questions.values.reduce(0) { $0 + ($1 + size - 1) / size }
                // Every step may divide the group it ends with.
                #expect(visits <= groups + lanes.count { !$0.isEmpty }, "\(setting)")
                checkedCount += 1
            }
        }
        #expect(checkedCount > 20)
    }

    @Test func divisibleGroupsAreNeverDivided() throws {
        let clips = [(0..<120).map { $0 % 30 }]
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: [Modality](repeating: .audioVisual, count: 120))],
            quotas: [.audioVisual: 8], policy: .cycle,
            grouping: ClipGrouping(clips: clips, count: 4), seed: 5)
        for batch in scheduler.batches().prefix(30) {
            let questions: [Int: Int] = batch.entries.reduce(into: [:]) {
                $0[clips[0][$1.reference.sample], default: 0] += 1
            }
            #expect(questions.values.sorted() == [4, 4])
        }
    }

    @Test func noGroupIsLargerThanItsCount() throws {
        let clips = [(0..<120).map { $0 % 20 }]
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: [Modality](repeating: .visual, count: 120))],
            quotas: [.visual: 6], policy: .cycle,
            grouping: ClipGrouping(clips: clips, count: 3), seed: 8)
        let counts = scheduler.batches().prefix(40).map { batch in
            batch.entries.reduce(into: [:]) { $0[clips[0][$1.reference.sample], default: 0] += 1 }
                .values.sorted()
        }
        // Two groups a step, which the order rarely takes from one clip.
        #expect(counts.allSatisfy { $0 == [3, 3] || $0 == [6] })
        #expect(counts.count { $0 == [6] } < 10)
    }

    /// Small groups may fill gaps a little before their turn, but not through the whole epoch.
    @Test func clipsWithFewQuestionsComeThroughoutTheEpoch() throws {
        let clips = [(0..<400).map { $0 < 300 ? $0 / 3 : $0 }]
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: [Modality](repeating: .audio, count: 400))],
            quotas: [.audio: 10], policy: .cycle,
            grouping: ClipGrouping(clips: clips, count: 3), seed: 9)
        var (sum, count) = (0, 0)
        for batch in scheduler.batches().prefix(50 * scheduler.stepsPerEpoch) {
            for entry in batch.entries where entry.reference.sample >= 300 {
                sum += batch.stepInEpoch
                count += 1
            }
        }
        #expect(count == 50 * 100)
        // The mean of uniform places, (40 − 1) / 2; its deviation over 5,000 draws is 0.16.
        #expect(abs(Double(sum) / Double(count) - 19.5) < 1)
    }

    @Test func orderIsAFunctionOfSeedAndStep() throws {
        let setting = Setting(3)
        func make() throws -> ModalityScheduler {
            try #require(setting.scheduler(.cycle, isGrouped: true))
        }
        let straight = Array(try make().batches().prefix(60))
        for step in [59, 0, 17, 58, 31] {
            #expect(try make().batch(atStep: step) == straight[step])
        }
        let epoch = try make().stepsPerEpoch
        #expect(try make().batch(atStep: 0).entries != make().batch(atStep: epoch).entries)
    }

    @Test func aSampleComesOnceInAGroup() throws {
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: [.audio, .audio, .audio], weight: 4)],
            quotas: [.audio: 3], policy: .cycle,
            grouping: ClipGrouping(clips: [[0, 0, 0]], count: 3), seed: 1)
        for batch in scheduler.batches().prefix(12) {
            #expect(Set(batch.entries).count == 3)
        }
    }

    @Test func clipsAreToldApartByBothMedia() throws {
        func sample(_ id: String, _ visual: String?, _ audio: String?) -> Sample {
            Sample(id: id, visualPath: visual, audioPath: audio, turns: [])
        }
        let samples = [
            [sample("1", "a", "b"), sample("2", "a", "c"), sample("3", "a", "b")],
            [sample("1", "a", "b"), sample("2", "a", "c"), sample("3", "b", "a")],
        ]
        let scheduler = try ModalityScheduler(
            sources: samples.map { .init(modalities: $0.map(\.modality)) },
            quotas: [.audioVisual: 3], policy: .temperature(1),
            grouping: ClipGrouping(samples, count: 3), seed: 2)
        let batches = scheduler.batches().prefix(2).map {
            Set($0.entries.map { samples[$0.reference.dataset][$0.reference.sample].audioPath })
        }
        #expect(Set(batches) == [["b"], ["c", "a"]])
    }

    @Test func dealingKeepsNeighboursTogether() throws {
        let scheduler = try ModalityScheduler(
            sources: [
                .init(
                    modalities: [Modality](repeating: .visual, count: 16)
                        + [Modality](repeating: .audio, count: 8))
            ],
            quotas: [.visual: 8, .audio: 4], policy: .stop,
            grouping: ClipGrouping(clips: [(0..<24).map { $0 / 4 }], count: 4), seed: 4)
        for batch in scheduler.batches().prefix(6) {
            let parts = batch.dealt(into: 2)
            #expect(parts.map { $0.count(of: .visual) } == [4, 4])
            for part in parts {
                let clips = Set(
                    part.entries.filter { $0.modality == .visual }.map {
                        $0.reference.sample / 4
                    })
                #expect(clips.count == 1)
            }
        }
    }
}
