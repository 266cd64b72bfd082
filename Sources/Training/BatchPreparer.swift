public import Datasets
internal import Layers
internal import Models
public import Recipes

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

    /// Writes samples by the workbench's prompts when no others are given.
    init(
        bench: Workbench, sources: [[Sample]], prompts: PromptEncoder? = nil,
        lossWeights: Recipe.LossWeights? = nil
    ) {
        self.prompts = prompts ?? bench.prompts
        features = bench.features.reader
        seed = bench.recipe.seed
        self.sources = sources
        self.lossWeights = lossWeights
        sharesPrefixes = bench.adapters.allSatisfy { $0.settings.dropoutRate == 0 }
    }

    func prepare(_ scheduled: ScheduledBatch) throws -> PreparedBatch {
        let part = scheduled.part.map { "/\($0)" } ?? ""
        var stream = RandomStream(seed: seed, name: "dropout/\(scheduled.step)\(part)")
        return try prepare(try presented(scheduled), dropoutSeed: stream.next())
    }

    func prepare(_ samples: [PresentedSample], dropoutSeed: UInt64) throws -> PreparedBatch {
        let packed = try packed(samples)
        let weights = lossWeights.map { weights in
            zip(packed.modalities, packed.supervisedRanges).flatMap {
                [Double](repeating: weights[$0], count: $1.count)
            }
        }
        return PreparedBatch(
            packed: packed, input: try features.input(packed, samples, lossWeights: weights),
            samples: samples, dropoutSeed: dropoutSeed)
    }

    /// A scheduled batch without its features.
    func packed(_ scheduled: ScheduledBatch) throws -> PackedBatch {
        try packed(try presented(scheduled))
    }

    /// Tokens of a sample, media included.
    func tokenCount(of sample: PresentedSample) throws -> Int {
        try prompts.encode(sample.sample, mediaTokens: features.tokenCounts).tokens.count
    }

    private func packed(_ samples: [PresentedSample]) throws -> PackedBatch {
        let encoded = try samples.map {
            try prompts.encode($0.sample, mediaTokens: features.tokenCounts)
        }
        guard sharesPrefixes else { return PackedBatch(encoded) }
        return PackedBatch(encoded, media: MediaReference.numbers(samples))
    }

    private func presented(_ scheduled: ScheduledBatch) throws -> [PresentedSample] {
        try scheduled.presented(sources) { try features.variant(of: $0, seed: seed, step: $1) }
    }
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
