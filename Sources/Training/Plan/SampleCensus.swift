internal import Datasets
internal import Foundation
internal import Media

/// Counts of the training samples, and their shapes.
struct SampleCensus {
    /// By data set and place in it.
    private(set) var shapes: [[SampleShape]] = []
    private(set) var modalities: [String: RunPlan.Part] = [:]
    /// Ids of samples that are longer than allowed.
    private(set) var tooLong: [String] = []

    init(
        _ sources: [[Sample]], maximumTokenCount: Int, shape: (Sample) throws -> SampleShape
    ) rethrows {
        for samples in sources {
            var list: [SampleShape] = []
            list.reserveCapacity(samples.count)
            for sample in samples {
                let shape = try shape(sample)
                list.append(shape)
                modalities[sample.modality.rawValue, default: RunPlan.Part()].add(shape)
                if shape.tokenCount > maximumTokenCount { tooLong.append(sample.id) }
            }
            shapes.append(list)
        }
    }

    /// The shapes of a scheduled batch's samples.
    func shapes(of batch: ScheduledBatch) -> [SampleShape] {
        batch.entries.map { shapes[$0.reference.dataset][$0.reference.sample] }
    }

    /// Of the sounds of some samples, those that last longer than `seconds`; files that cannot be
    /// opened are not counted, as encoding them says what is wrong.
    static func cutSoundCount(_ samples: some Sequence<Sample>, seconds: Double) -> Int {
        Set(samples.compactMap(\.audioPath)).count { path in
            let duration = (try? MediaInformation.probe(path))?.durationSeconds
            return duration.map { $0 > seconds + 0.001 } ?? false
        }
    }
}

extension Sample {
    /// How many tokens its texts and the template around them have, about: four letters a token, which
    /// English text has with vocabularies of 32,000 and more.
    func reckonedShape(media: MediaTokenCounts, systemPrompt: String?) -> SampleShape {
        func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }
        let answers = turns.reduce(0) { $0 + tokens($1.answer) + 1 }
        let questions = turns.reduce(0) { $0 + tokens($1.question) + 8 }
        let visual = modality.hasVisual ? media.visual : 0
        let audio = modality.hasAudio ? media.audio : 0
        return SampleShape(
            modality: modality,
            tokenCount: tokens(self.systemPrompt ?? systemPrompt ?? "") + questions + answers
                + visual + audio,
            supervisedCount: answers, visualCount: visual, audioCount: audio)
    }
}
