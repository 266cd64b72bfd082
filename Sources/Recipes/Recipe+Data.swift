/// What happens when a modality has no samples left in an epoch.
public enum ExhaustionPolicy: String, Sendable, CaseIterable {
    /// The epoch ends.
    case stop
    /// The shorter modalities are shuffled again until the longest has been seen once.
    case cycle
    /// Modalities get shares by how many samples they have.
    case temperature
}

/// The type in which features are kept.
public enum FeatureType: String, Sendable, CaseIterable {
    /// Half the size.
    case float16
    /// As computed.
    case float32
}

/// What happens with a sample that cannot be trained on.
public enum BadSamplePolicy: String, Sendable, CaseIterable {
    /// The run ends.
    case stop
    /// The sample is left out, counted and listed.
    case skip
}

extension Recipe {
    /// What is learned from.
    public struct DataPlan: Sendable, Equatable {
        /// The annotation files to learn from.
        public let train: [TrainingFile]
        /// The annotation files whose loss is watched.
        public let validation: [AnnotationFile]
        /// Samples a step, by modality.
        public let batch: BatchQuotas
        /// What happens when a modality has no samples left.
        public let exhausted: ExhaustionPolicy
        /// The temperature of the modalities' shares; set with `ExhaustionPolicy.temperature` alone.
        public let temperature: Double?
        /// How often audio-visual samples are shown without a part of their media.
        public let modalityAugmentation: ModalityRates?
        /// Tokens a sample may have, media included.
        public let maximumTokenCount: Int
        /// What happens with a sample that cannot be trained on.
        public let onBadSample: BadSamplePolicy
        /// Samples that may be skipped.
        public let maximumBadSampleCount: Int
        /// The folder that keeps the frozen encoders' features.
        public let featureCacheFolder: String
        /// The size of that folder beyond which features are removed, or nil for no limit.
        public let featureCacheGigabytes: Double?
        /// The type in which features are kept.
        public let featureType: FeatureType
        /// Augmented variants kept of each sound; 0 for the sound as it is.
        public let audioVariantCount: Int
        /// How a sound is varied.
        public let augmentation: Augmentation?

        /// The paths of the annotation files whose loss is watched.
        public var validationFiles: [String] { validation.map(\.path) }
    }

    /// An annotation file, and what it leaves open.
    public struct AnnotationFile: Sendable, Equatable {
        /// The file's path.
        public let path: String
        /// The name of its format, or nil to find out.
        public let format: String?
        /// The folder that media paths start from, or nil for the file's own.
        public let mediaFolder: String?
        /// The name of a row's medium from its fields, or nil for the format's own.
        public let mediaName: String?
        /// What is asked about captions, or nil for the format's own question.
        public let question: String?
        /// Whether a video's own sound is heard where its row does not say; nil for as the format has it.
        public let hearsVideos: Bool?
    }

    /// An annotation file to learn from.
    public struct TrainingFile: Sendable, Equatable {
        /// The file.
        public let annotations: AnnotationFile
        /// The file's path.
        public var path: String { annotations.path }
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
        /// What the counts are of.
        public let unit: Unit
        /// Samples with the same media that come together at most.
        public let questionsPerClip: Int
        /// Tokens of a batch's samples at most, the counts being proportions; nil for as many samples as
        /// the counts say.
        public let tokenCount: Int?

        /// What counts of samples are of.
        public enum Unit: String, Sendable, CaseIterable {
            /// Each batch of a step.
            case batch
            /// All batches of a step together.
            case step
        }
    }

    /// How often audio-visual samples are shown without a part of their media.
    public struct ModalityRates: Sendable, Equatable {
        /// Share of showings with digital silence.
        public let muted: Double
        /// Share of showings with black pictures.
        public let blanked: Double
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
