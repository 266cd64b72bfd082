import Datasets
import Testing

@Suite struct ModalityAugmentationTests {
    private static func sample(_ index: Int, requires: Set<MediaKind>) -> Sample {
        Sample(
            id: "\(index)", visualPath: "/v", audioPath: "/a",
            turns: [Turn(question: "<video>\n<audio>\nWhat?", answer: "That.")],
            requires: requires)
    }

    /// How often samples with these requirements are shown as what, over many steps.
    private static func shown(
        _ requires: Set<MediaKind>, muted: Double, blanked: Double, seed: UInt64 = 1
    ) -> [Modality: Int] {
        let augmentation = ModalityAugmentation(
            mutedRate: muted, blankedRate: blanked, seed: seed)
        var counts: [Modality: Int] = [:]
        for step in 0..<100 {
            for index in 0..<100 {
                let shown = augmentation.shown(
                    sample(index, requires: requires), at: .init(dataset: 0, sample: index),
                    step: step)
                counts[shown, default: 0] += 1
            }
        }
        return counts
    }

    /// Four standard deviations of a share of 0.3 in 10,000 draws: 4 · √(0.3 · 0.7 / 10,000).
    private static let tolerance = 0.019

    @Test func ratesHoldWhereTheAnnotationAllowsIt() {
        let seen = Self.shown([.visual], muted: 0.3, blanked: 0.2)
        #expect(abs(Double(seen[.visual] ?? 0) / 10_000 - 0.3) < Self.tolerance)
        #expect(seen[.audio] == nil)
        let heard = Self.shown([.audio], muted: 0.3, blanked: 0.2)
        #expect(abs(Double(heard[.audio] ?? 0) / 10_000 - 0.2) < Self.tolerance)
        #expect(heard[.visual] == nil)
    }

    @Test(arguments: [[], [MediaKind.visual, .audio]])
    func whatMayBeNeededIsAlwaysShown(_ requires: [MediaKind]) {
        #expect(Self.shown(Set(requires), muted: 0.5, blanked: 0.5) == [.audioVisual: 10_000])
    }

    @Test func whatIsShownIsAFunctionOfSeedStepAndSample() {
        func shown(_ seed: UInt64) -> [Modality] {
            let augmentation = ModalityAugmentation(mutedRate: 0.5, blankedRate: 0, seed: seed)
            return (0..<200).map {
                augmentation.shown(
                    Self.sample($0, requires: [.visual]), at: .init(dataset: 1, sample: $0),
                    step: $0 % 7)
            }
        }
        #expect(shown(3) == shown(3))
        #expect(shown(3) != shown(4))
    }

    @Test func otherSamplesAreShownAsTheyAre() {
        let augmentation = ModalityAugmentation(mutedRate: 1, blankedRate: 0, seed: 0)
        let sample = Sample(id: "a", audioPath: "/a", turns: [], requires: [.visual])
        let reference = SampleReference(dataset: 0, sample: 0)
        #expect(augmentation.shown(sample, at: reference, step: 0) == .audio)
    }

    @Test func ledgerCountsWhatWasShown() throws {
        let samples = [
            Self.sample(0, requires: [.visual]), Self.sample(1, requires: [.audio]),
            Self.sample(2, requires: []),
        ]
        let scheduler = try ModalityScheduler(
            sources: [.init(modalities: samples.map(\.modality))], quotas: [.audioVisual: 3],
            policy: .cycle, seed: 1)
        let augmentation = ModalityAugmentation(mutedRate: 1, blankedRate: 0, seed: 0)
        var ledger = Ledger(sampleCounts: [3])
        let batch = scheduler.batch(atStep: 0).augmented(by: augmentation, [samples])
        ledger.record(batch)
        #expect(batch.count(of: .audioVisual) == 3, "quotas count what was drawn")
        #expect(ledger.arrays == ["0/visual": [1, 0, 0], "0/audio-visual": [0, 1, 1]])
    }
}
