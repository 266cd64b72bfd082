/// What happens when a modality has no samples left in an epoch.
public enum ExhaustionPolicy: String, Sendable, CaseIterable {
    /// The epoch ends.
    case stop
    /// The shorter modalities are shuffled again until the longest has been seen once.
    case cycle
}

extension Recipe {
    /// What is learned from.
    public struct DataPlan: Sendable, Equatable {
        /// The annotation files to learn from.
        public let train: [TrainingFile]
        /// The annotation files whose loss is watched.
        public let validationFiles: [String]
        /// Samples a step, by modality.
        public let batch: BatchQuotas
        /// What happens when a modality has no samples left.
        public let exhausted: ExhaustionPolicy
        /// Tokens a sample may have, media included.
        public let maximumTokenCount: Int
        /// The folder that keeps the frozen encoders' features.
        public let featureCacheFolder: String
        /// Augmented variants kept of each sound; 0 for the sound as it is.
        public let audioVariantCount: Int
        /// How a sound is varied.
        public let augmentation: Augmentation?
    }

    /// An annotation file to learn from.
    public struct TrainingFile: Sendable, Equatable {
        /// The file's path.
        public let path: String
        /// How often each of its samples is seen in an epoch.
        public let weight: Double
    }

    /// Samples a step, by modality.
    public struct BatchQuotas: Sendable, Equatable {
        /// Samples with a picture alone.
        public let visual: Int
        /// Samples with a sound alone.
        public let audio: Int
        /// Samples with both.
        public let audioVisual: Int
    }

    /// How a sound is varied.
    public struct Augmentation: Sendable, Equatable {
        /// Factor of speed and pitch together.
        public let speed: ClosedRange<Double>
        /// Change of loudness.
        public let gainDecibels: ClosedRange<Double>
        /// Slope added to the spectrum, above 0 for brighter.
        public let tiltDecibelsPerOctave: ClosedRange<Double>
        /// Level of added white noise, root mean square against full scale; nil for none.
        public let noiseDecibels: ClosedRange<Double>?
        /// Whether a sound shorter than the clip may be heard again.
        public let repeats: Bool
    }
}
