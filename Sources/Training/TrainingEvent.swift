public import Datasets

/// What a run tells the world; observers never touch the trainer's state.
public enum TrainingEvent: Sendable {
    /// The run is put together and about to make its first step.
    case started(RunDescription)
    /// Features of media are being computed.
    case encoding(done: Int, total: Int)
    /// Something that is done as asked, but may not be what was meant.
    case notice(String)
    /// An optimizer step was made.
    case stepped(StepReport)
    /// Validation loss was taken.
    case validated(ValidationReport)
    /// It was measured how much the loss depends on what is heard and seen.
    case measuredReliance(RelianceReport)
    /// A checkpoint was written.
    case saved(path: String, step: Int)
    /// The run came to its end, or was stopped.
    case ended(RunSummary)
}

/// The run as it starts.
public struct RunDescription: Sendable, Equatable {
    /// The recipe's name.
    public let name: String
    /// The run's folder.
    public let folder: String
    /// Optimizer steps in all.
    public let stepCount: Int
    /// Steps already made, when resumed.
    public let firstStep: Int
    /// Steps an epoch has.
    public let stepsPerEpoch: Int
    /// Samples of each modality.
    public let sampleCounts: [Modality: Int]
    /// Trained numbers by group.
    public let trainedCounts: [String: Int]
    /// Frozen numbers.
    public let frozenCount: Int
}

/// Loss and counts of one modality.
public struct ModalityReport: Sendable, Equatable {
    /// Samples.
    public var sampleCount = 0
    /// Tokens, media included.
    public var tokenCount = 0
    /// Tokens with a loss.
    public var supervisedCount = 0
    /// Summed loss of the supervised tokens.
    public var lossSum = 0.0
    /// The norm of what its samples give to the gradient, before clipping, where that was measured.
    public var gradientNorm: Double?

    /// Mean loss of a supervised token, or nil where there is none.
    public var loss: Double? { supervisedCount > 0 ? lossSum / Double(supervisedCount) : nil }
}

/// One optimizer step.
public struct StepReport: Sendable, Equatable {
    /// Steps made, this one included.
    public let step: Int
    /// Of how many.
    public let stepCount: Int
    /// The epoch, from 0.
    public let epoch: Int
    /// Mean loss of a supervised token.
    public let loss: Double
    /// The same by modality, with counts.
    public let modalities: [Modality: ModalityReport]
    /// The norm of all gradients before clipping.
    public let gradientNorm: Double
    /// The same of the projectors, the adapters, and what else is trained.
    public let gradientNorms: [String: Double]
    /// The learning rate of the first parameter group.
    public let learningRate: Double
    /// Seconds of the step, waiting for data included.
    public let seconds: Double
    /// Seconds of it spent waiting for data.
    public let waitingSeconds: Double
    /// Tokens of all samples, and rows that were computed for them.
    public let packing: PackingCounts

    /// Tokens per second.
    public var tokensPerSecond: Double { Double(packing.tokenCount) / max(seconds, 1e-9) }
}

/// Loss on held-out data.
public struct ValidationReport: Sendable, Equatable {
    /// Steps made so far.
    public let step: Int
    /// Mean loss of a supervised token.
    public let loss: Double
    /// By modality.
    public let modalities: [Modality: ModalityReport]
    /// Whether it is the lowest so far.
    public let isBest: Bool
}

/// The run as it ended.
public struct RunSummary: Sendable, Equatable {
    /// Steps made.
    public let step: Int
    /// Of how many.
    public let stepCount: Int
    /// Whether somebody stopped it early.
    public let wasInterrupted: Bool
    /// The last checkpoint.
    public let checkpointPath: String
    /// The last training loss.
    public let loss: Double
    /// The lowest validation loss, if any was taken.
    public let bestValidationLoss: Double?
    /// How much the loss depends on what is heard and seen, when it was last measured.
    public let reliance: RelianceReport?
    /// Tokens of the samples of all steps, and rows that were computed for them.
    public let packing: PackingCounts
    /// Media that were encoded since the start or resumption of the run; the others' features were kept.
    public let encodedCount: Int
    /// Seconds of encoding them.
    public let encodingSeconds: Double
    /// Samples that were left out because they cannot be trained on.
    public let skipped: [SkippedSample]
    /// Seconds spent, earlier parts of a resumed run included.
    public let seconds: Double
    /// Peak resident memory in bytes.
    public let peakMemoryBytes: Int
    /// What `duet plan` predicted of a run that came to its end, if it was asked.
    public let prediction: RunPlan.Prediction?
}
