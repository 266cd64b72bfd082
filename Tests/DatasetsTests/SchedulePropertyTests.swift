import Datasets
import Testing

/// What holds of every schedule, for sizes of 0 to 1,000 in each modality.
@Suite struct SchedulePropertyTests {
    typealias Policy = ModalityScheduler.ExhaustionPolicy

    private static let modalities: [Modality] = [.visual, .audio, .audioVisual]

    private static func byModality<Value>(_ values: [Value]) -> [Modality: Value] {
        Dictionary(uniqueKeysWithValues: zip(modalities, values))
    }

    /// Sizes and quotas of a case; a few sizes at the edges, the rest anywhere.
    private struct Setting {
        let sizes: [Int]
        let quotas: [Int]
        let seed: UInt64

        init(_ index: Int) {
            var generator = SplitMix64(seed: 2_024, path: [UInt64(index)])
            sizes = (0..<3).map { _ in generator.sampleCount() }
            quotas = (0..<3).map { _ in generator.integer(below: 10) }
            seed = generator.next()
        }

        /// Samples by modality, in two data sets.
        var sources: [ModalityScheduler.Source] {
            (0..<2).map { half in
                let counts = sizes.map { half == 0 ? $0 / 3 : $0 - $0 / 3 }
                return ModalityScheduler.Source(
                    modalities: zip(SchedulePropertyTests.modalities, counts).flatMap {
                        Array(repeating: $0, count: $1)
                    })
            }
        }

        func scheduler(_ policy: Policy) throws -> ModalityScheduler {
            try ModalityScheduler(
                sources: sources, quotas: SchedulePropertyTests.byModality(quotas),
                policy: policy, seed: seed)
        }

        /// Whether a schedule exists.
        func isPossible(_ policy: Policy) -> Bool {
            quotas.contains { $0 > 0 }
                && zip(sizes, quotas).allSatisfy { size, quota in
                    quota == 0 || size >= (policy == .stop ? quota : 1)
                }
        }
    }

    /// The batches of some epochs, and how often each sample came in them.
    private static func run(
        _ scheduler: ModalityScheduler, epochCount: Int
    ) -> (batches: [ScheduledBatch], counts: [Modality: [SampleReference: Int]]) {
        let batches = Array(scheduler.batches().prefix(epochCount * scheduler.stepsPerEpoch))
        var counts: [Modality: [SampleReference: Int]] = [:]
        for entry in batches.flatMap(\.entries) {
            counts[entry.modality, default: [:]][entry.reference, default: 0] += 1
        }
        return (batches, counts)
    }

    /// Expects every sample of a modality to come equally often, or some once more.
    private static func expectEven(
        _ counts: [SampleReference: Int]?, size: Int, _ setting: Setting
    ) {
        let values = (counts ?? [:]).values
        let least = values.count < size ? 0 : values.min() ?? 0
        #expect((values.max() ?? 0) - least <= 1, "\(setting)")
    }

    @Test(arguments: 0..<8)
    func stoppingFillsEveryQuotaAndRepeatsNothing(_ group: Int) throws {
        for index in group * 40..<(group + 1) * 40 {
            let setting = Setting(index)
            guard setting.isPossible(.stop) else {
                #expect(throws: DatasetError.self) { try setting.scheduler(.stop) }
                continue
            }
            let scheduler = try setting.scheduler(.stop)
            let pairs = zip(setting.sizes, setting.quotas).filter { $0.1 > 0 }
            #expect(scheduler.stepsPerEpoch == pairs.map { $0.0 / $0.1 }.min())
            let (batches, counts) = Self.run(scheduler, epochCount: 1)
            for batch in batches {
                #expect(Self.modalities.map { batch.count(of: $0) } == setting.quotas, "\(setting)")
            }
            #expect(counts.values.allSatisfy { $0.values.allSatisfy { $0 == 1 } })
            let later = Self.run(scheduler, epochCount: 3).counts
            for (modality, size) in zip(Self.modalities, setting.sizes) {
                Self.expectEven(later[modality], size: size, setting)
            }
        }
    }

    @Test(arguments: 0..<8)
    func cyclingFillsEveryQuotaUntilTheLongestHasBeenSeenOnce(_ group: Int) throws {
        for index in group * 40..<(group + 1) * 40 {
            let setting = Setting(index)
            guard setting.isPossible(.cycle) else {
                #expect(throws: DatasetError.self) { try setting.scheduler(.cycle) }
                continue
            }
            let scheduler = try setting.scheduler(.cycle)
            let (batches, counts) = Self.run(scheduler, epochCount: 1)
            for batch in batches.dropLast() {
                #expect(Self.modalities.map { batch.count(of: $0) } == setting.quotas, "\(setting)")
            }
            for (index, modality) in Self.modalities.enumerated() where setting.quotas[index] > 0 {
                let (size, quota) = (setting.sizes[index], setting.quotas[index])
                let lasts = (size + quota - 1) / quota == scheduler.stepsPerEpoch
                let last = lasts ? size - (scheduler.stepsPerEpoch - 1) * quota : quota
                #expect(batches.last?.count(of: modality) == last, "\(setting)")
                #expect(counts[modality]?.count == size, "every sample comes: \(setting)")
                Self.expectEven(counts[modality], size: size, setting)
            }
        }
    }

    @Test(arguments: [1, 1.5, 4, 1_000])
    func temperatureDealsTheWholeBatchByShares(_ temperature: Double) throws {
        for index in 0..<80 {
            let setting = Setting(index)
            let policy = Policy.temperature(temperature)
            guard setting.isPossible(policy) else {
                #expect(throws: DatasetError.self) { try setting.scheduler(policy) }
                continue
            }
            let scheduler = try setting.scheduler(policy)
            let size = setting.quotas.reduce(0, +)
            let pools = Self.modalities.indices.filter { setting.quotas[$0] > 0 }
            let total = pools.reduce(0) { $0 + setting.sizes[$1] }
            let (batches, counts) = Self.run(scheduler, epochCount: 1)
            #expect(batches.dropLast().allSatisfy { $0.entries.count == size })
            #expect(batches.reduce(0) { $0 + $1.entries.count } == total, "\(setting)")
            let lengths = pools.map { pool in
                (counts[Self.modalities[pool]] ?? [:]).values.reduce(0, +)
            }
            if temperature == 1 { #expect(lengths == pools.map { setting.sizes[$0] }) }
            let isFlat = temperature == 1_000 && pools.allSatisfy { setting.sizes[$0] > 1 }
            if isFlat, let most = lengths.max(), let least = lengths.min() {
                #expect(Double(most - least) <= 1 + 0.01 * Double(total), "\(setting)")
            }
            var given = [Int](repeating: 0, count: pools.count)
            var places = 0
            for batch in batches {
                places += batch.entries.count
                for (lane, pool) in pools.enumerated() {
                    given[lane] += batch.count(of: Self.modalities[pool])
                    let share = Double(lengths[lane] * places) / Double(total)
                    #expect(Double(given[lane]) < share + 1, "\(setting)")
                }
            }
            let later = Self.run(scheduler, epochCount: 3).counts
            for pool in pools {
                Self.expectEven(
                    later[Self.modalities[pool]], size: setting.sizes[pool], setting)
            }
        }
    }

    @Test(arguments: 1...9)
    func partsHoldTheStepAndAreAsEvenAsCanBe(_ partCount: Int) throws {
        for index in 0..<60 {
            let setting = Setting(index)
            guard setting.isPossible(.cycle) else { continue }
            for batch in try setting.scheduler(.cycle).batches().prefix(4) {
                let parts = batch.dealt(into: partCount)
                #expect(parts.count == min(partCount, batch.entries.count))
                #expect(parts.map(\.part) == parts.indices.map(Optional.some))
                #expect(Set(parts.flatMap(\.entries)) == Set(batch.entries))
                #expect(parts.reduce(0) { $0 + $1.entries.count } == batch.entries.count)
                for counts in Self.modalities.map({ modality in
                    parts.map { $0.count(of: modality) }
                }) + [parts.map(\.entries.count)] {
                    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "\(setting)")
                }
            }
        }
    }

    @Test func temperaturesBelowOneAreRefused() {
        for temperature in [0, 0.5, -1, .nan, .infinity] {
            let error = #expect(throws: DatasetError.self) {
                try ModalityScheduler(
                    sources: [.init(modalities: [.visual, .audio])],
                    quotas: [.visual: 1, .audio: 1], policy: .temperature(temperature), seed: 0)
            }
            #expect(error?.kind == .invalidSchedule && error?.subject == "temperature")
        }
    }
}
