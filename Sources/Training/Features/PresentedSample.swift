public import Datasets

/// What of a sample's media is held back.
///
/// Digital silence and black frames pass through the same encoders, so prompts keep their number of
/// tokens.
public struct Ablation: OptionSet, Sendable, Hashable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Sounds are replaced by digital silence.
    public static let muted = Ablation(rawValue: 1)
    /// Pictures are replaced by black ones.
    public static let blanked = Ablation(rawValue: 2)

    /// What modality augmentation holds back at a place of a batch.
    init(_ entry: ScheduledBatch.Entry) {
        self = []
        if entry.modality.hasAudio && !entry.shown.hasAudio { insert(.muted) }
        if entry.modality.hasVisual && !entry.shown.hasVisual { insert(.blanked) }
    }
}

/// A sample with what is presented of its media.
public struct PresentedSample: Sendable {
    /// The sample.
    public let sample: Sample
    /// What is seen; nil where the sample has nothing to see.
    public let visual: MediaReference?
    /// What is heard; nil where the sample has nothing to hear.
    public let audio: MediaReference?

    /// A sample with its own media, without what is held back; `variant` is that of its sound.
    public init(_ sample: Sample, withholding ablation: Ablation = [], variant: Int = 0) {
        self.sample = sample
        visual = sample.visualPath.map {
            ablation.contains(.blanked) ? .nothing : .file(path: $0, variant: 0)
        }
        audio = sample.audioPath.map {
            ablation.contains(.muted) ? .nothing : .file(path: $0, variant: variant)
        }
    }

    /// A sample with the sound of another clip.
    public init(_ sample: Sample, soundOf other: Sample) {
        self.sample = sample
        visual = sample.visualPath.map { .file(path: $0, variant: 0) }
        audio = other.audioPath.map { .file(path: $0, variant: 0) }
    }
}
