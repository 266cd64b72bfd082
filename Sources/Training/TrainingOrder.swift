internal import Datasets
internal import Recipes

/// Which samples each optimizer step takes, and what of them is shown: a function of a recipe, its samples
/// and the step.
struct TrainingOrder: Sendable {
    /// Samples by data set.
    let sources: [[Sample]]
    private let scheduler: ModalityScheduler
    private let augmentation: ModalityAugmentation?
    /// Scheduled batches of a step.
    private let batchCount: Int
    /// Scheduled batches of all steps.
    private let totalCount: Int
    /// Parts that a scheduled batch is dealt into; nil where it is computed whole.
    private let partCount: Int?

    /// - Parameter tokenCount: tokens of a sample, which are asked for when the recipe has a token budget.
    /// Throws: `TrainingError` for samples that no quota asks for, `DatasetError` for quotas that cannot be
    /// held, and what `tokenCount` throws
    init(_ recipe: Recipe, _ sources: [[Sample]], tokenCount: (Sample) throws -> Int) throws {
        self.sources = sources
        scheduler = try ModalityScheduler(
            sources: zip(sources, recipe.data.train).map { samples, file in
                ModalityScheduler.Source(
                    modalities: samples.map(\.modality), weight: file.weight)
            },
            quotas: recipe.data.batch.byModality,
            policy: .init(recipe.data),
            grouping: recipe.data.batch.questionsPerClip > 1
                ? ClipGrouping(sources, count: recipe.data.batch.questionsPerClip) : nil,
            budget: try recipe.data.batch.tokenCount.map {
                TokenBudget(count: $0, tokenCounts: try sources.map { try $0.map(tokenCount) })
            },
            seed: recipe.seed)
        let unused = ModalityScheduler.unusedCounts(
            sources: sources.map { ModalityScheduler.Source(modalities: $0.map(\.modality)) },
            quotas: recipe.data.batch.byModality)
        if let (modality, count) = unused.min(by: { $0.key.rawValue < $1.key.rawValue }) {
            throw TrainingError(
                .request, subject: "data.batch",
                detail: "asks for no \(modality.rawValue) samples, but the data holds \(count)",
                hint: "give them a quota, or leave their file out")
        }
        augmentation = recipe.data.modalityAugmentation.map {
            ModalityAugmentation(
                mutedRate: $0.muted, blankedRate: $0.blanked, seed: recipe.seed)
        }
        let isDealt = recipe.data.batch.unit == .step
        batchCount = isDealt ? 1 : recipe.train.accumulationCount
        partCount = isDealt ? recipe.train.accumulationCount : nil
        totalCount =
            switch recipe.train.length {
            case .steps(let count): count * batchCount
            case .epochs(let count): scheduler.firstStep(ofEpoch: count)
            }
    }

    /// Optimizer steps in all.
    var stepCount: Int { (totalCount + batchCount - 1) / batchCount }

    /// Optimizer steps of an epoch, the last of which may reach into the next; of the first epoch where
    /// there is a token budget.
    var stepsPerEpoch: Int { (scheduler.stepsPerEpoch + batchCount - 1) / batchCount }

    /// Whether media of some samples are held back.
    var holdsMediaBack: Bool { augmentation != nil }

    /// The epoch after some steps, and how many batches of it they took.
    func place(afterStep step: Int) -> (epoch: Int, position: Int) {
        let count = scheduled(ofStep: step).lowerBound
        let epoch = scheduler.epoch(ofStep: count)
        return (epoch, count - scheduler.firstStep(ofEpoch: epoch))
    }

    /// The micro-batches of an optimizer step.
    func batches(ofStep step: Int) -> [ScheduledBatch] {
        scheduled(ofStep: step).flatMap { number in
            var batch = scheduler.batch(atStep: number)
            if let augmentation { batch = batch.augmented(by: augmentation, sources) }
            return partCount.map { batch.dealt(into: $0) } ?? [batch]
        }
    }

    /// The last step of a number of epochs takes what is left.
    private func scheduled(ofStep step: Int) -> Range<Int> {
        let first = min(step * batchCount, totalCount)
        return first..<min(first + batchCount, totalCount)
    }
}

extension Recipe.BatchQuotas {
    var byModality: [Modality: Int] {
        [.visual: visual, .audio: audio, .audioVisual: audioVisual]
    }
}

extension Recipe {
    /// Samples of a micro-batch.
    var batchSize: Int {
        let quotas = data.batch
        let total = quotas.visual + quotas.audio + quotas.audioVisual
        return quotas.unit == .step ? max(1, total / train.accumulationCount) : total
    }

    /// Tokens of a micro-batch at most; nil without a budget.
    var batchTokenCount: Int? {
        let quotas = data.batch
        return quotas.tokenCount.map {
            quotas.unit == .step ? max(1, $0 / train.accumulationCount) : $0
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
