internal import Datasets
internal import Foundation
internal import Layers
internal import Models
internal import Recipes

/// A micro-batch, ready to compute on.
struct PreparedBatch: Sendable {
    let packed: PackedBatch
    let input: AudioVisualBatch
    /// Decides what dropout drops.
    let dropoutSeed: UInt64
}

/// The micro-batches of one optimizer step.
struct TrainingWindow: Sendable {
    let epoch: Int
    let scheduled: [ScheduledBatch]
    let batches: [PreparedBatch]
}

/// What a run learns from: samples, the order in which they come, and their features.
struct TrainingData {
    private let bench: Workbench
    private let sources: [[Sample]]
    private let validation: [Sample]
    private let scheduler: ModalityScheduler
    /// Samples in each data set.
    let sampleCounts: [Int]
    let stepCount: Int
    let stepsPerEpoch: Int
    private let accumulationCount: Int

    init(bench: Workbench) throws {
        self.bench = bench
        let recipe = bench.recipe
        let reader = LLaVAReader(tags: bench.tags)
        sources = try recipe.data.train.map { try reader.read($0.path) }
        let held = try recipe.data.validationFiles.flatMap { try reader.read($0) }
        validation = Self.some(
            held, perModality: recipe.validation.sampleCount, quotas: recipe.data.batch)
        sampleCounts = sources.map(\.count)
        scheduler = try ModalityScheduler(
            sources: zip(sources, recipe.data.train).map { samples, file in
                ModalityScheduler.Source(
                    modalities: samples.map(\.modality), weight: file.weight)
            },
            quotas: recipe.data.batch.byModality,
            policy: recipe.data.exhausted == .stop ? .stop : .cycle, seed: recipe.seed)
        let unused = ModalityScheduler.unusedCounts(
            sources: sources.map { ModalityScheduler.Source(modalities: $0.map(\.modality)) },
            quotas: recipe.data.batch.byModality)
        if let (modality, count) = unused.min(by: { $0.key.rawValue < $1.key.rawValue }) {
            throw TrainingError(
                .request, subject: "data.batch",
                detail: "asks for no \(modality.rawValue) samples, but the data holds \(count)",
                hint: "give them a quota, or leave their file out")
        }
        accumulationCount = recipe.train.accumulationCount
        stepsPerEpoch = max(1, scheduler.stepsPerEpoch / accumulationCount)
        switch recipe.train.length {
        case .steps(let count): stepCount = count
        case .epochs(let count):
            let microSteps = scheduler.stepsPerEpoch * count
            stepCount = (microSteps + accumulationCount - 1) / accumulationCount
        }
    }

    /// Samples of each modality in the training files.
    var modalityCounts: [Modality: Int] {
        sources.joined().reduce(into: [:]) { $0[$1.modality, default: 0] += 1 }
    }

    /// The id of every training sample, by data set.
    var sampleIDs: [[String]] { sources.map { $0.map(\.id) } }

    /// Computes the features that are not in the cache yet.
    func prepareFeatures(progress: (Int, Int) -> Void) async throws {
        try await bench.features.prepare(
            sources.flatMap { $0 }, variants: true, progress: progress)
        try await bench.features.prepare(validation, variants: false, progress: progress)
    }

    /// The windows of some optimizer steps, prepared ahead.
    func batches(steps: Range<Int>) -> BatchPipeline<TrainingWindow> {
        let preparer = BatchPreparer(bench: bench, sources: sources)
        let (scheduler, accumulation) = (scheduler, accumulationCount)
        return BatchPipeline(steps: steps, aheadCount: 2) { step in
            let scheduled = (0..<accumulation).map {
                scheduler.batch(atStep: step * accumulation + $0)
            }
            return TrainingWindow(
                epoch: scheduled[0].epoch, scheduled: scheduled,
                batches: try scheduled.map { try preparer.prepare($0) })
        }
    }

    /// The held-out samples in batches of the training batch's size.
    func validationBatches() throws -> [PreparedBatch] {
        let preparer = BatchPreparer(bench: bench, sources: [])
        let size = max(1, bench.recipe.data.batch.total)
        return try stride(from: 0, to: validation.count, by: size).map { start in
            try preparer.prepare(
                validation[start..<min(start + size, validation.count)].map { ($0, nil) },
                dropoutSeed: 0)
        }
    }

    /// At most `perModality` samples of each modality that is trained on, evenly spread.
    private static func some(
        _ samples: [Sample], perModality: Int, quotas: Recipe.BatchQuotas
    ) -> [Sample] {
        Modality.allCases.flatMap { modality -> [Sample] in
            guard quotas.byModality[modality, default: 0] > 0 else { return [] }
            let all = samples.filter { $0.modality == modality }
            guard perModality > 0, all.count > perModality else { return all }
            return (0..<perModality).map { all[$0 * all.count / perModality] }
        }
    }
}

extension Recipe.BatchQuotas {
    var byModality: [Modality: Int] {
        [.visual: visual, .audio: audio, .audioVisual: audioVisual]
    }
    var total: Int { visual + audio + audioVisual }
}

/// Turns scheduled samples into tokens and features, on any task.
struct BatchPreparer: Sendable {
    private let prompts: PromptEncoder
    private let features: FeatureReader
    private let sources: [[Sample]]
    private let seed: UInt64

    init(bench: Workbench, sources: [[Sample]]) {
        prompts = bench.prompts
        features = bench.features.reader
        seed = bench.recipe.seed
        self.sources = sources
    }

    func prepare(_ scheduled: ScheduledBatch) throws -> PreparedBatch {
        let samples = scheduled.entries.map { entry -> (Sample, Int?) in
            let sample = sources[entry.reference.dataset][entry.reference.sample]
            return (sample, features.variant(of: sample, seed: seed, step: scheduled.step))
        }
        var stream = RandomStream(seed: seed, name: "dropout/\(scheduled.step)")
        return try prepare(samples, dropoutSeed: stream.next())
    }

    func prepare(
        _ samples: [(sample: Sample, variant: Int?)], dropoutSeed: UInt64
    ) throws -> PreparedBatch {
        let packed = PackedBatch(
            try samples.map { try prompts.encode($0.sample, mediaTokens: features.tokenCounts) })
        return PreparedBatch(
            packed: packed,
            input: try features.input(packed, samples.map { ($0.sample, $0.variant) }),
            dropoutSeed: dropoutSeed)
    }
}
