/// A training run as its YAML file describes it, checked and complete.
///
/// `RecipeKey` holds each key's range, default and meaning; `Documentation/Recipes.md` lists them.
/// Relative paths are kept as written and hold from the folder the program runs in.
public struct Recipe: Sendable, Equatable {
    /// The run's name.
    public let name: String
    /// What the run is for.
    public let purpose: String?
    /// Decides initial weights, data order, dropout and augmentation.
    public let seed: UInt64
    /// Threads to compute with; 0 for every core.
    public let threadCount: Int
    /// The parts the model is made of.
    public let model: Model
    /// A checkpoint or run folder whose projectors and adapters are taken over.
    public let startFrom: String?
    /// What is learned from.
    public let data: DataPlan
    /// What is trained, and for how long.
    public let train: Training
    /// The optimizer's settings.
    public let optimizer: Optimizer
    /// The learning rate over the steps.
    public let schedule: Schedule
    /// When validation loss is taken.
    public let validation: Validation
    /// How much the loss depends on what is heard and seen, if that is watched.
    public let reliance: Reliance?
    /// When the run is saved.
    public let checkpoint: Checkpointing
    /// Whether every operation's result is looked at.
    public let findsAnomalies: Bool
    /// Steps between measurements of each modality's gradient norm; 0 for never.
    public let modalityNormInterval: Int
    /// The run's folder.
    public let outputFolder: String
    /// The recipe with every key written out, which reads back as the same recipe.
    public let resolvedYAML: String
}

extension Recipe {
    /// How many steps are made.
    public enum Length: Sendable, Equatable {
        /// Optimizer steps.
        case steps(Int)
        /// Passes over the data.
        case epochs(Int)
    }

    /// What is trained, and for how long.
    public struct Training: Sendable, Equatable {
        /// How many steps are made.
        public let length: Length
        /// Whether the projectors are trained.
        public let trainsProjectors: Bool
        /// The adapters in the language model.
        public let lora: LoRA?
        /// Patterns of the language model's parameters that are trained as a whole.
        public let parameters: [String]
        /// Batches whose gradients make one step.
        public let accumulationCount: Int
        /// How much a supervised token counts, by modality; nil for all the same.
        public let lossWeights: LossWeights?
        /// Whether layers are run again on the way back instead of being kept.
        public let checkpointsGradients: Bool
    }

    /// How much a supervised token counts, by its sample's modality.
    public struct LossWeights: Sendable, Equatable {
        /// The weight of samples with a picture alone.
        public let visual: Double
        /// The weight of samples with a sound alone.
        public let audio: Double
        /// The weight of samples with both.
        public let audioVisual: Double
    }

    /// Low-rank adapters in the language model.
    ///
    /// Source: Hu et al. 2021 (arXiv:2106.09685); rank-stabilised: Kalajdzievski 2023
    /// (arXiv:2312.03732); weight-decomposed: Liu et al. 2024 (arXiv:2402.09353).
    public struct LoRA: Sendable, Equatable {
        /// Other settings for the layers whose path matches.
        public struct Pattern: Sendable, Equatable {
            /// A regular expression, searched in the layer's path.
            public let match: String
            /// The rank there, or nil as elsewhere.
            public let rank: Int?
            /// Alpha there, or nil as elsewhere.
            public let alpha: Double?
            /// Dropout there, or nil as elsewhere.
            public let dropout: Double?
        }

        /// The rank of the adapters.
        public let rank: Int
        /// The numerator of the adapters' scale.
        public let alpha: Double
        /// Dropout before the adapters.
        public let dropout: Double
        /// The names of the linear layers that get one, such as `q_proj`.
        public let targets: [String]
        /// Whether the scale is alpha over the square root of the rank.
        public let isRankStabilised: Bool
        /// Whether the lengths of the adapted weights' rows are trained, too (DoRA).
        public let isWeightDecomposed: Bool
        /// Exceptions by path; of each setting the first match that gives it counts.
        public let patterns: [Pattern]
    }

    /// AdamW's settings.
    ///
    /// Source: Loshchilov and Hutter 2019 (arXiv:1711.05101); LoRA+: Hayou et al. 2024 (arXiv:2402.12354).
    public struct Optimizer: Sendable, Equatable {
        /// The peak learning rate.
        public let learningRate: Double
        /// The projectors' peak learning rate.
        public let projectorLearningRate: Double
        /// The adapters' peak learning rate; that of A, where B has its own.
        public let loraLearningRate: Double
        /// What B's learning rate is of A's (LoRA+).
        public let loraPlusRatio: Double
        /// The decay of the first moment.
        public let beta1: Double
        /// The decay of the second moment.
        public let beta2: Double
        /// Added to the denominator.
        public let epsilon: Double
        /// The decoupled decay.
        public let weightDecay: Double
        /// The projectors' decoupled decay.
        public let projectorWeightDecay: Double
        /// The adapters' decoupled decay.
        public let loraWeightDecay: Double
        /// Whether norms' gains and all biases decay like matrices.
        public let decaysNormsAndBiases: Bool
        /// The greatest norm of all gradients together, or nil for no clipping.
        public let clipNorm: Double?
    }

    /// The learning rate over the steps.
    public struct Schedule: Sendable, Equatable {
        /// The way down after warm-up.
        public enum Kind: String, Sendable, CaseIterable {
            /// Half a cosine.
            case cosine
            /// A straight line.
            case linear
            /// No way down.
            case constant
        }

        /// How long the learning rate rises.
        public enum Warmup: Sendable, Equatable {
            /// For these steps.
            case steps(Int)
            /// For this part of all steps.
            case ratio(Double)
        }

        /// The way down after warm-up.
        public let kind: Kind
        /// How long the learning rate rises.
        public let warmup: Warmup
        /// The last learning rate as a part of the peak.
        public let minimumRatio: Double
    }

    /// When validation loss is taken.
    public struct Validation: Sendable, Equatable {
        /// Steps between validations; 0 for only at the end.
        public let everySteps: Int
        /// Samples of each modality; 0 for all.
        public let sampleCount: Int
    }

    /// How much the loss depends on what is heard and seen.
    public struct Reliance: Sendable, Equatable {
        /// The annotation file whose audio-visual samples are scored.
        public let dataFile: String
        /// Samples scored.
        public let sampleCount: Int
        /// Steps between scorings; 0 for only at the end.
        public let everySteps: Int
    }

    /// When the run is saved.
    public struct Checkpointing: Sendable, Equatable {
        /// Steps between checkpoints; 0 for only at the end.
        public let everySteps: Int
        /// Latest checkpoints kept.
        public let keptCount: Int
    }
}
