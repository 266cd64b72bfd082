public import Datasets
internal import Files
internal import Foundation
internal import Layers
internal import Models
public import Recipes

/// A micro-batch, ready to compute on.
struct PreparedBatch: Sendable {
    let packed: PackedBatch
    let input: AudioVisualBatch
    /// What was presented, in order.
    let samples: [PresentedSample]
    /// Decides what dropout drops.
    let dropoutSeed: UInt64
}

/// The micro-batches of one optimizer step.
struct TrainingWindow: Sendable {
    let epoch: Int
    let scheduled: [ScheduledBatch]
    let batches: [PreparedBatch]
}

/// Which batches of the schedule each optimizer step takes.
private struct Accumulation: Sendable {
    /// Scheduled batches of a step.
    let batchCount: Int
    /// Scheduled batches of all steps.
    let totalCount: Int
    /// Parts that a scheduled batch is dealt into; nil where it is computed whole.
    let partCount: Int?

    var stepCount: Int { (totalCount + batchCount - 1) / batchCount }

    /// The last step of a number of epochs takes what is left.
    func batches(ofStep step: Int) -> Range<Int> {
        let first = min(step * batchCount, totalCount)
        return first..<min(first + batchCount, totalCount)
    }
}

/// What a run learns from: samples, the order in which they come, and their features.
struct TrainingData {
    private let bench: Workbench
    private let sources: [[Sample]]
    private let validation: [Sample]
    /// Audio-visual samples whose loss is taken with parts of their media held back.
    let relianceSamples: [Sample]
    private let augmentation: ModalityAugmentation?
    private let scheduler: ModalityScheduler
    /// Samples in each data set.
    let sampleCounts: [Int]
    /// SHA-256 over the annotation files.
    let digest: String
    /// What the annotation files' formats leave out on purpose.
    let remarks: [String]
    /// Samples that were left out because they cannot be trained on.
    let skipped: [SkippedSample]
    private let accumulation: Accumulation

    init(bench: Workbench, samples: TrainingSamples) throws {
        self.bench = bench
        let recipe = bench.recipe
        sources = samples.training
        validation = samples.validation
        remarks = samples.remarks
        skipped = samples.skipped
        relianceSamples =
            try recipe.reliance.map {
                try Reliance.samples(
                    $0, trainedOn: recipe.data.train.map(\.annotations.path),
                    AnnotationReader(tags: bench.tags))
            } ?? []
        augmentation = recipe.data.modalityAugmentation.map {
            ModalityAugmentation(
                mutedRate: $0.muted, blankedRate: $0.blanked, seed: recipe.seed)
        }
        digest =
            try recipe.reliance.map {
                let file = try SHA256.hexDigest(ofFile: $0.dataFile)
                return SHA256.hexDigest(of: "\(samples.digest)\n\(file)".utf8)
            } ?? samples.digest
        sampleCounts = sources.map(\.count)
        scheduler = try ModalityScheduler(
            sources: zip(sources, recipe.data.train).map { samples, file in
                ModalityScheduler.Source(
                    modalities: samples.map(\.modality), weight: file.weight)
            },
            quotas: recipe.data.batch.byModality,
            policy: .init(recipe.data), seed: recipe.seed)
        let unused = ModalityScheduler.unusedCounts(
            sources: sources.map { ModalityScheduler.Source(modalities: $0.map(\.modality)) },
            quotas: recipe.data.batch.byModality)
        if let (modality, count) = unused.min(by: { $0.key.rawValue < $1.key.rawValue }) {
            throw TrainingError(
                .request, subject: "data.batch",
                detail: "asks for no \(modality.rawValue) samples, but the data holds \(count)",
                hint: "give them a quota, or leave their file out")
        }
        let isDealt = recipe.data.batch.unit == .step
        let batchCount = isDealt ? 1 : recipe.train.accumulationCount
        let totalCount =
            switch recipe.train.length {
            case .steps(let count): count * batchCount
            case .epochs(let count): count * scheduler.stepsPerEpoch
            }
        accumulation = Accumulation(
            batchCount: batchCount, totalCount: totalCount,
            partCount: isDealt ? recipe.train.accumulationCount : nil)
    }

    /// Optimizer steps in all.
    var stepCount: Int { accumulation.stepCount }

    /// Optimizer steps of an epoch, the last of which may reach into the next.
    var stepsPerEpoch: Int {
        let size = accumulation.batchCount
        return (scheduler.stepsPerEpoch + size - 1) / size
    }

    /// Mean and variance of every channel of the training media's tokens, each medium once, sounds as
    /// they are; nil when there are no such media.
    func featureStatistics(_ kind: MediaKind) throws -> (mean: [Double], variance: [Double])? {
        let paths = sources.joined().compactMap { kind == .visual ? $0.visualPath : $0.audioPath }
        var seen: Set<String> = []
        var statistics = ChannelStatistics()
        let size = try paths.isEmpty ? 0 : bench.features.reader.settings(kind).featureSize
        for path in paths where seen.insert(path).inserted {
            let tokens = try bench.features.reader.tokens(.file(path: path, variant: 0), kind)
            statistics.add(ClipBoundaries.features(in: tokens, size: size))
        }
        return statistics.result
    }

    /// Samples of each modality in the training files.
    var modalityCounts: [Modality: Int] {
        sources.joined().reduce(into: [:]) { $0[$1.modality, default: 0] += 1 }
    }

    /// The id of every training sample, by data set.
    var sampleIDs: [[String]] { sources.map { $0.map(\.id) } }

    /// Computes the features that are not in the cache yet, and counts the sounds among them that
    /// are longer than what is heard of them.
    func prepareFeatures(
        _ interruption: Interruption, progress: (Int, Int) -> Void
    ) async throws -> Int {
        let features = bench.features
        let training = try await features.prepare(
            sources.flatMap { $0 }, variants: true, ablations: augmentation != nil,
            interruption: interruption, progress: progress)
        let validating = try await features.prepare(
            validation, variants: false, interruption: interruption, progress: progress)
        return try await training + validating
            + features.prepare(
                relianceSamples, variants: false, ablations: !relianceSamples.isEmpty,
                interruption: interruption, progress: progress)
    }

    /// How many audio-visual samples there are, and how many can be shown without sound or pictures;
    /// nil without modality augmentation.
    var augmentedCounts: (all: Int, muted: Int, blanked: Int)? {
        guard augmentation != nil else { return nil }
        let samples = sources.joined().filter { $0.modality == .audioVisual }
        return (
            samples.count, samples.count { $0.canDoWithout(.audio) },
            samples.count { $0.canDoWithout(.visual) }
        )
    }

    /// The epoch after some steps, and how many batches of it they took.
    func place(afterStep step: Int) -> (epoch: Int, position: Int) {
        let count = accumulation.batches(ofStep: step).lowerBound
        return (count / scheduler.stepsPerEpoch, count % scheduler.stepsPerEpoch)
    }

    /// The windows of some optimizer steps, prepared ahead.
    func batches(steps: Range<Int>) -> BatchPipeline<TrainingWindow> {
        let preparer = BatchPreparer(
            bench: bench, sources: sources, lossWeights: bench.recipe.train.lossWeights)
        let (scheduler, accumulation) = (scheduler, accumulation)
        let (augmentation, sources) = (augmentation, sources)
        return BatchPipeline(steps: steps, aheadCount: 2) { step in
            let scheduled = accumulation.batches(ofStep: step).flatMap { number in
                var batch = scheduler.batch(atStep: number)
                if let augmentation { batch = batch.augmented(by: augmentation, sources) }
                return accumulation.partCount.map { batch.dealt(into: $0) } ?? [batch]
            }
            return TrainingWindow(
                epoch: scheduled[0].epoch, scheduled: scheduled,
                batches: try scheduled.map { try preparer.prepare($0) })
        }
    }

    /// The held-out samples in batches of the training batch's size.
    func validationBatches() throws -> [PreparedBatch] {
        try batches(of: validation.map { PresentedSample($0) })
    }

    /// Samples as they are presented, in batches of the training batch's size.
    func batches(of samples: [PresentedSample]) throws -> [PreparedBatch] {
        let preparer = BatchPreparer(bench: bench, sources: [])
        let size = max(1, bench.recipe.data.batch.total / (accumulation.partCount ?? 1))
        return try stride(from: 0, to: samples.count, by: size).map { start in
            try preparer.prepare(
                Array(samples[start..<min(start + size, samples.count)]), dropoutSeed: 0)
        }
    }

    /// One sample of a batch by itself.
    func batch(ofOne sample: PresentedSample, like batch: PreparedBatch) throws -> PreparedBatch {
        try BatchPreparer(bench: bench, sources: []).prepare(
            [sample], dropoutSeed: batch.dropoutSeed)
    }
}

extension Recipe.BatchQuotas {
    var byModality: [Modality: Int] {
        [.visual: visual, .audio: audio, .audioVisual: audioVisual]
    }
    var total: Int { visual + audio + audioVisual }
}

extension Recipe.LossWeights {
    /// The weight of a modality's samples; that of text is 1.
    public subscript(modality: Modality) -> Double {
        switch modality {
        case .visual: visual
        case .audio: audio
        case .audioVisual: audioVisual
        case .text: 1
        }
    }
}

extension ModalityScheduler.ExhaustionPolicy {
    /// The policy that a recipe names.
    init(_ data: Recipe.DataPlan) {
        switch data.exhausted {
        case .stop: self = .stop
        case .cycle: self = .cycle
        case .temperature: self = .temperature(data.temperature ?? 1)
        }
    }
}

/// Turns scheduled samples into tokens and features, on any task.
struct BatchPreparer: Sendable {
    private let prompts: PromptEncoder
    private let features: FeatureReader
    private let sources: [[Sample]]
    private let seed: UInt64
    private let lossWeights: Recipe.LossWeights?
    /// Whether samples have what they begin with in common computed once; with dropout, each has masks of
    /// its own.
    private let sharesPrefixes: Bool

    init(
        bench: Workbench, sources: [[Sample]], lossWeights: Recipe.LossWeights? = nil
    ) {
        prompts = bench.prompts
        features = bench.features.reader
        seed = bench.recipe.seed
        self.sources = sources
        self.lossWeights = lossWeights
        sharesPrefixes = bench.adapters.allSatisfy { $0.settings.dropoutRate == 0 }
    }

    func prepare(_ scheduled: ScheduledBatch) throws -> PreparedBatch {
        let samples = scheduled.entries.map { entry -> PresentedSample in
            let sample = sources[entry.reference.dataset][entry.reference.sample]
            return PresentedSample(
                sample, withholding: Ablation(entry),
                variant: features.variant(of: sample, seed: seed, step: scheduled.step) ?? 0)
        }
        let part = scheduled.part.map { "/\($0)" } ?? ""
        var stream = RandomStream(seed: seed, name: "dropout/\(scheduled.step)\(part)")
        return try prepare(samples, dropoutSeed: stream.next())
    }

    func prepare(_ samples: [PresentedSample], dropoutSeed: UInt64) throws -> PreparedBatch {
        let encoded = try samples.map {
            try prompts.encode($0.sample, mediaTokens: features.tokenCounts)
        }
        let packed =
            sharesPrefixes
            ? PackedBatch(encoded, media: MediaReference.numbers(samples)) : PackedBatch(encoded)
        let weights = lossWeights.map { weights in
            zip(packed.modalities, packed.supervisedRanges).flatMap {
                [Double](repeating: weights[$0], count: $1.count)
            }
        }
        return PreparedBatch(
            packed: packed, input: try features.input(packed, samples, lossWeights: weights),
            samples: samples, dropoutSeed: dropoutSeed)
    }
}
