internal import Datasets
internal import Models
internal import Recipes

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

/// What a run learns from: samples, the order in which they come, and their features.
struct TrainingData {
    private let bench: Workbench
    private let samples: TrainingSamples
    /// Which samples each step takes.
    let order: TrainingOrder
    /// Which media are encoded, and when.
    let media: MediaSchedule

    /// Writes samples by the workbench's prompts when no others are given.
    init(bench: Workbench, samples: TrainingSamples, prompts: PromptEncoder? = nil) throws {
        self.bench = bench
        self.samples = samples
        let (prompts, reader) = (prompts ?? bench.prompts, bench.features.reader)
        let (seed, tokenCounts) = (bench.recipe.seed, reader.tokenCounts)
        order = try TrainingOrder(bench.recipe, samples.training) {
            try prompts.encode($0, mediaTokens: tokenCounts).tokens.count
        }
        media = MediaSchedule(order, samples) { sample, step in
            try reader.variant(of: sample, seed: seed, step: step)
        }
    }

    /// Audio-visual samples whose loss is taken with parts of their media held back.
    var relianceSamples: [Sample] { samples.reliance }
    /// SHA-256 over the annotation files.
    var digest: String { samples.digest }
    /// What the annotation files' formats leave out on purpose.
    var remarks: [String] { samples.remarks }
    /// Samples that were left out because they cannot be trained on.
    var skipped: [SkippedSample] { samples.skipped }
    /// Samples in each data set.
    var sampleCounts: [Int] { samples.training.map(\.count) }

    /// Mean and variance of every channel of the tokens of some training media
    /// (`MediaSchedule.measuredPaths`), sounds as they are; nil when there are no such media.
    func featureStatistics(_ kind: MediaKind) throws -> (mean: [Double], variance: [Double])? {
        let paths = media.measuredPaths(kind)
        var statistics = ChannelStatistics()
        let size = try paths.isEmpty ? 0 : bench.features.reader.settings(kind).featureSize
        for path in paths {
            let tokens = try bench.features.reader.tokens(.file(path: path, variant: 0), kind)
            statistics.add(ClipBoundaries.features(in: tokens, size: size))
        }
        return statistics.result
    }

    /// Samples of each modality in the training files.
    var modalityCounts: [Modality: Int] {
        samples.training.joined().reduce(into: [:]) { $0[$1.modality, default: 0] += 1 }
    }

    /// The id of every training sample, by data set.
    var sampleIDs: [[String]] { samples.training.map { $0.map(\.id) } }

    /// Computes the features that have to be in the cache before the first step, and are not yet;
    /// `measuring` says of which kinds there are new projectors.
    func prepareFeatures(
        measuring kinds: [MediaKind], _ interruption: Interruption, progress: (Int, Int) -> Void
    ) async throws {
        let features = bench.features
        // What the steps will show must not have to go for what comes before it.
        if features.byteLimit != nil { _ = try features.missing(try media.all(measuring: kinds)) }
        try await features.prepare(
            media.early(measuring: kinds), interruption: interruption, progress: progress)
    }

    /// Computes the features of some optimizer steps ahead of them.
    func featuresAhead(steps: Range<Int>, _ interruption: Interruption) -> FeaturesAhead {
        FeaturesAhead(
            bench.features, steps: steps, interruption: interruption, media: media.media(ofStep:))
    }

    /// How many audio-visual samples there are, and how many can be shown without sound or pictures;
    /// nil without modality augmentation.
    var augmentedCounts: (all: Int, muted: Int, blanked: Int)? {
        guard order.holdsMediaBack else { return nil }
        let all = samples.training.joined().filter { $0.modality == .audioVisual }
        return (
            all.count, all.count { $0.canDoWithout(.audio) }, all.count { $0.canDoWithout(.visual) }
        )
    }

    /// The windows of some optimizer steps, prepared ahead, each once its features are there; nil from
    /// where the encoding was stopped.
    func batches(
        steps: Range<Int>, _ features: FeaturesAhead
    ) -> BatchPipeline<TrainingWindow?> {
        let preparer = BatchPreparer(
            bench: bench, sources: samples.training, lossWeights: bench.recipe.train.lossWeights)
        let order = order
        return BatchPipeline(steps: steps, aheadCount: 2) { step in
            guard try await features.hasMedia(ofStep: step) else { return nil }
            let scheduled = order.batches(ofStep: step)
            return TrainingWindow(
                epoch: scheduled[0].epoch, scheduled: scheduled,
                batches: try scheduled.map { try preparer.prepare($0) })
        }
    }

    /// The held-out samples in batches of the training batch's size.
    func validationBatches() throws -> [PreparedBatch] {
        try batches(of: samples.validation.map { PresentedSample($0) })
    }

    /// Samples as they are presented, in batches of the training batch's size, or of what fits its token
    /// budget.
    func batches(of samples: [PresentedSample]) throws -> [PreparedBatch] {
        let preparer = BatchPreparer(bench: bench, sources: [])
        let budget = bench.recipe.batchTokenCount
        let sizes = try samples.map { budget == nil ? 1 : try preparer.tokenCount(of: $0) }
        return try TokenBudget.stretches(of: sizes, atMost: budget ?? bench.recipe.batchSize).map {
            try preparer.prepare(Array(samples[$0]), dropoutSeed: 0)
        }
    }

    /// One sample of a batch by itself.
    func batch(ofOne sample: PresentedSample, like batch: PreparedBatch) throws -> PreparedBatch {
        try BatchPreparer(bench: bench, sources: []).prepare(
            [sample], dropoutSeed: batch.dropoutSeed)
    }
}
