/// How often audio-visual samples are shown without their sound, or without their pictures.
///
/// Only where the annotation says what the question requires, and it is not what is held back. What
/// is shown is a function of the seed, the step and the sample.
public struct ModalityAugmentation: Sendable, Hashable {
    /// The share of showings that are muted.
    public let mutedRate: Double
    /// The share of showings that are blanked.
    public let blankedRate: Double
    private let seed: UInt64

    /// Rates of 0 to 1, together at most 1.
    ///
    /// Traps: when they are not
    public init(mutedRate: Double, blankedRate: Double, seed: UInt64) {
        precondition(
            mutedRate >= 0 && blankedRate >= 0 && mutedRate + blankedRate <= 1,
            "modality augmentation: rates \(mutedRate) and \(blankedRate), expected 0 to 1 in all")
        self.mutedRate = mutedRate
        self.blankedRate = blankedRate
        self.seed = seed
    }

    /// What of a sample is shown at a step.
    public func shown(_ sample: Sample, at reference: SampleReference, step: Int) -> Modality {
        guard sample.modality == .audioVisual else { return sample.modality }
        var generator = SplitMix64(
            seed: seed,
            path: [
                Purpose.augmentation, UInt64(step), UInt64(reference.dataset),
                UInt64(reference.sample),
            ])
        // 53 bits: equally spaced numbers in 0 ..< 1.
        let draw = Double(generator.next() >> 11) * 0x1p-53
        if draw < mutedRate { return sample.canDoWithout(.audio) ? .visual : .audioVisual }
        if draw < mutedRate + blankedRate {
            return sample.canDoWithout(.visual) ? .audio : .audioVisual
        }
        return .audioVisual
    }
}

extension Sample {
    /// Whether its annotation says that the question can be answered without a kind of its media.
    ///
    /// A sample that does not say what it requires may require everything.
    public func canDoWithout(_ kind: MediaKind) -> Bool {
        !requires.isEmpty && !requires.contains(kind)
    }
}
