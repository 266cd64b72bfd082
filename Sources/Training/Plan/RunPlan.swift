public import Datasets
internal import Files
internal import Foundation
internal import Recipes

/// What a run will be: its data, its length, its time and its memory, before anything runs.
public struct RunPlan: Sendable, Codable, Equatable {
    /// Where time and memory are from.
    public enum Basis: String, Sendable, Codable {
        /// Steps of the recipe's own model.
        case measured
        /// Steps of one and of four layers of the model's sizes, its weights not being here.
        case reckoned
    }

    /// The samples of a modality.
    public struct Part: Sendable, Codable, Equatable {
        /// Samples in the files.
        public var sampleCount = 0
        /// Their tokens, media included.
        public var tokenCount = 0
        /// Their tokens with a loss.
        public var supervisedCount = 0
        /// Tokens of the longest.
        public var longestTokenCount = 0

        mutating func add(_ shape: SampleShape) {
            sampleCount += 1
            tokenCount += shape.tokenCount
            supervisedCount += shape.supervisedCount
            longestTokenCount = max(longestTokenCount, shape.tokenCount)
        }
    }

    /// What encoding the media of one kind costs: those that the steps show, and those that are scored or
    /// measured before the first one.
    public struct Encoding: Sendable, Codable, Equatable {
        /// Pictures or sounds, the augmented variants that are heard included.
        public let clipCount: Int
        /// Those whose features are kept already.
        public let cachedCount: Int
        /// Seconds for one of them; nil when the encoder's sizes are not known.
        public let secondsPerClip: Double?

        /// Seconds for all.
        public var secondsWithoutCache: Double { Double(clipCount) * (secondsPerClip ?? 0) }
        /// Seconds for those that are not kept yet.
        public var seconds: Double { Double(clipCount - cachedCount) * (secondsPerClip ?? 0) }
    }

    /// Seconds by what they are spent on.
    public struct Seconds: Sendable, Codable, Equatable {
        public var encoding = 0.0
        public var steps = 0.0
        public var modalityNorms = 0.0
        public var validation = 0.0
        public var reliance = 0.0
        public var checkpoints = 0.0

        /// All together.
        public var total: Double {
            encoding + steps + modalityNorms + validation + reliance + checkpoints
        }
    }

    /// The recipe's name.
    public let name: String
    /// SHA-256 of the recipe with every key written out.
    public let recipeDigest: String
    /// Where time and memory are from.
    public let basis: Basis
    /// Pretrained parts that a run needs and that are not here, as the recipe names them.
    public let missing: [String]
    /// Training samples by modality.
    public let modalities: [String: Part]
    /// Whether tokens are counted by the tokenizer, or reckoned from letters.
    public let countsAreExact: Bool
    /// Ids of samples longer than `data.maximum_tokens`.
    public let tooLong: [String]
    /// Samples that the run would leave out, as `data.on_bad_sample` lets it.
    public let skippedCount: Int
    /// Sounds longer than what is heard of them.
    public let cutSoundCount: Int
    /// Optimizer steps.
    public let stepCount: Int
    /// Steps of an epoch.
    public let stepsPerEpoch: Int
    /// Tokens of all steps.
    public let tokenCount: Int
    /// Rows that are computed for them; fewer where samples begin with the same tokens and media.
    public let rowCount: Int
    /// What these tokens would be with each micro-batch padded to its longest sample.
    public let paddedCount: Int
    /// Tokens with a loss of all steps.
    public let supervisedCount: Int
    /// Trained numbers by group.
    public let trainedCounts: [String: Int]
    /// Frozen numbers of the language model.
    public let frozenCount: Int
    /// By kind of medium.
    public let encodings: [String: Encoding]
    /// What the run takes, its model being in memory.
    public let seconds: Seconds
    /// All of them.
    public let totalSeconds: Double
    /// Peak resident memory in bytes.
    public let peakMemoryByteCount: Int
    /// Operations of a step on average, in GFLOP.
    public let gflopPerStep: Double
    /// Operations a second in the steps that were measured, in GFLOP.
    public let gflopPerSecond: Double

    /// Seconds of a step on average.
    public var secondsPerStep: Double { seconds.steps / Double(max(1, stepCount)) }

    /// A modality's samples.
    public subscript(modality: Modality) -> Part? { modalities[modality.rawValue] }

    /// What a finished run is compared with.
    public struct Prediction: Sendable, Equatable {
        /// Seconds of the run.
        public let seconds: Double
        /// Peak resident memory in bytes.
        public let peakMemoryByteCount: Int
    }
}

extension RunFolder {
    private var planPath: String { "\(path)/plan.json" }

    /// Keeps a plan beside the run to come.
    ///
    /// Throws: `FileError` or `TrainingError` when the folder can't be written
    public func keep(_ plan: RunPlan) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw TrainingError(
                .storage, subject: path, detail: "cannot be made: \(error.systemReason)",
                hint: "check the permissions of the folder above")
        }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try DurableFile.write(try encoder.encode(plan), to: planPath)
    }

    /// What was predicted for a recipe, when its plan is kept here.
    func prediction(of recipe: Recipe) -> RunPlan.Prediction? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = FileManager.default.contents(atPath: planPath),
            let plan = try? decoder.decode(RunPlan.self, from: data),
            plan.recipeDigest == recipe.planDigest
        else { return nil }
        return RunPlan.Prediction(
            seconds: plan.totalSeconds, peakMemoryByteCount: plan.peakMemoryByteCount)
    }
}
