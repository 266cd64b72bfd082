/// Everything that is needed to go on with a run, or to use what it has learned.
///
/// The frozen parts are not in it; their digests are, so that a checkpoint is only ever put on the
/// parts it was trained with. `Checkpoints/README.md` describes the file.
public struct Checkpoint: Sendable, Equatable {
    /// The version of the layout that is written; a reader refuses later ones.
    public static var formatVersion: Int { 1 }

    /// The trained parameters by path.
    public var tensors: [String: StoredArray<Float>]
    /// The state of the optimizer.
    public var optimizer: Optimizer
    /// How far the run has come.
    public var progress: Progress
    /// Seeds and other state that random draws depend on, by name.
    public var random: [String: UInt64]
    /// The recipe the run was started with, word for word.
    public var recipe: String
    /// The SHA-256 digests, in hexadecimal, of the frozen files by name, and of the annotations.
    public var digests: [String: String]
    /// How often each sample was trained on with which modality.
    public var ledger: Ledger
    /// Figures by name, such as the last and the best validation loss.
    public var metrics: [String: Double]
    /// The name of each modality's token in the text, by modality.
    public var modalityTokens: [String: String]
    /// The program and version that wrote the checkpoint.
    public var createdBy: String
    /// The time the run has trained so far, across all its parts.
    public var wallTimeSeconds: Double

    /// Makes a checkpoint from its parts.
    public init(
        tensors: [String: StoredArray<Float>], optimizer: Optimizer, progress: Progress,
        random: [String: UInt64], recipe: String, digests: [String: String], ledger: Ledger,
        metrics: [String: Double], modalityTokens: [String: String], createdBy: String,
        wallTimeSeconds: Double
    ) {
        self.tensors = tensors
        self.optimizer = optimizer
        self.progress = progress
        self.random = random
        self.recipe = recipe
        self.digests = digests
        self.ledger = ledger
        self.metrics = metrics
        self.modalityTokens = modalityTokens
        self.createdBy = createdBy
        self.wallTimeSeconds = wallTimeSeconds
    }
}

extension Checkpoint {
    /// The optimizer's memory: AdamW's m and v by parameter path, and the updates made.
    public struct Optimizer: Sendable, Equatable {
        /// The updates made of each parameter; one that had no gradient in a step has fewer.
        public var steps: [String: Int]
        /// Running means of the gradients, m.
        public var firstMoments: [String: StoredArray<Float>]
        /// Running means of the squared gradients, v.
        public var secondMoments: [String: StoredArray<Float>]

        /// Makes the state from its parts.
        public init(
            steps: [String: Int], firstMoments: [String: StoredArray<Float>],
            secondMoments: [String: StoredArray<Float>]
        ) {
            self.steps = steps
            self.firstMoments = firstMoments
            self.secondMoments = secondMoments
        }
    }

    /// How far a run has come.
    public struct Progress: Sendable, Equatable {
        /// The number of optimizer steps done.
        public var step: Int
        /// The epoch in progress, from 0.
        public var epoch: Int
        /// The number of batches of that epoch already used.
        public var position: Int
        /// What a window of gradient accumulation has gathered, when the run stopped inside one.
        public var window: Window?

        /// Makes the progress from its parts.
        public init(step: Int, epoch: Int, position: Int, window: Window? = nil) {
            self.step = step
            self.epoch = epoch
            self.position = position
            self.window = window
        }
    }

    /// A half-filled window of gradient accumulation.
    public struct Window: Sendable, Equatable {
        /// The number of batches gathered.
        public var batchCount: Int
        /// The sum of the loss weights gathered, usually supervised tokens.
        public var weight: Double
        /// The sum of the weighted losses gathered.
        public var loss: Double
        /// The sums of the gradients, by parameter path.
        public var gradients: [String: StoredArray<Float>]

        /// Makes a window from its parts.
        public init(
            batchCount: Int, weight: Double, loss: Double, gradients: [String: StoredArray<Float>]
        ) {
            self.batchCount = batchCount
            self.weight = weight
            self.loss = loss
            self.gradients = gradients
        }
    }

    /// How often each sample was trained on with which modality.
    public struct Ledger: Sendable, Equatable {
        /// The modalities counted, in the order of each sample's counts.
        public var modalities: [String]
        /// The counts by sample.
        public var counts: [String: [Int]]

        /// Makes a ledger from its parts.
        public init(modalities: [String] = [], counts: [String: [Int]] = [:]) {
            self.modalities = modalities
            self.counts = counts
        }
    }
}
