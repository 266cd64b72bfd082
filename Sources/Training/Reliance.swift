internal import Datasets
internal import Models
internal import Recipes
internal import Tensors

/// How much the loss of held-out audio-visual samples depends on what is heard and seen.
///
/// A model that does not use a modality loses nothing without it: the difference is 0. Below 0 it is
/// better off without.
public struct RelianceReport: Sendable, Equatable {
    /// Steps made so far.
    public let step: Int
    /// Samples scored.
    public let sampleCount: Int
    /// Mean loss of a supervised token with all media.
    public let loss: Double
    /// The same with digital silence for every sound.
    public let mutedLoss: Double
    /// The same with black pictures.
    public let blankedLoss: Double
    /// The same with each picture beside the sound of another sample.
    public let swappedLoss: Double

    /// Reliance on sound.
    ///
    /// Formula: loss muted − loss as is
    public var audio: Double { mutedLoss - loss }
    /// Reliance on pictures.
    ///
    /// Formula: loss blanked − loss as is
    public var visual: Double { blankedLoss - loss }
    /// Reliance on picture and sound belonging together.
    ///
    /// Formula: loss with swapped sounds − loss as is
    public var match: Double { swappedLoss - loss }
}

extension RelianceReport {
    private static let names = [
        "reliance_step", "reliance_samples", "reliance_loss", "reliance_muted_loss",
        "reliance_blanked_loss", "reliance_swapped_loss",
    ]

    /// The figures under which a checkpoint keeps the report.
    var metrics: [String: Double] {
        Dictionary(
            uniqueKeysWithValues: zip(
                Self.names,
                [Double(step), Double(sampleCount), loss, mutedLoss, blankedLoss, swappedLoss]))
    }

    /// The report in a checkpoint's figures, or nil when they hold none.
    init?(metrics: [String: Double]) {
        let values = Self.names.compactMap { metrics[$0] }
        guard values.count == Self.names.count, let step = Int(exactly: values[0]),
            let sampleCount = Int(exactly: values[1])
        else { return nil }
        self.init(
            step: step, sampleCount: sampleCount, loss: values[2], mutedLoss: values[3],
            blankedLoss: values[4], swappedLoss: values[5])
    }
}

/// Scores held-out samples as they are, muted, blanked and with sounds swapped.
enum Reliance {
    /// The audio-visual samples that a recipe names, evenly spread over their file.
    ///
    /// Throws: `TrainingError` when the file is trained on or holds no two such samples with different
    /// sounds; errors of the reader
    static func samples(
        _ settings: Recipe.Reliance, trainedOn files: [String], _ reader: AnnotationReader
    ) throws -> [Sample] {
        func refused(_ detail: String, _ hint: String) -> TrainingError {
            TrainingError(.request, subject: "reliance.data", detail: detail, hint: hint)
        }
        guard !files.contains(settings.dataFile) else {
            throw refused(
                "\(settings.dataFile) is trained on, too", "name a file that is held out")
        }
        let all = try reader.read(settings.dataFile).filter { $0.modality == .audioVisual }
        let count = min(settings.sampleCount, all.count)
        let samples = (0..<count).map { all[$0 * all.count / count] }
        guard Set(samples.map(\.audioPath)).count > 1 else {
            throw refused(
                "\(settings.dataFile) gives \(samples.count) audio-visual samples, without two "
                    + "different sounds to swap", "name a file with more of them")
        }
        return samples
    }

    /// The ways in which samples are presented: as is, muted, blanked, swapped.
    static func presentations(of samples: [Sample]) -> [[PresentedSample]] {
        [
            samples.map { PresentedSample($0) },
            samples.map { PresentedSample($0, withholding: .muted) },
            samples.map { PresentedSample($0, withholding: .blanked) },
            samples.indices.map { index in
                PresentedSample(samples[index], soundOf: partner(of: index, in: samples))
            },
        ]
    }

    /// The next sample, from the end on from the start, with another sound.
    private static func partner(of index: Int, in samples: [Sample]) -> Sample {
        (1..<samples.count).lazy.map { samples[(index + $0) % samples.count] }
            .first { $0.audioPath != samples[index].audioPath } ?? samples[index]
    }

    /// Takes the losses.
    ///
    /// Throws: `TrainingError` when a loss is not finite; errors of reading features
    static func measure(
        _ data: TrainingData, _ model: AudioVisualModel, step: Int
    ) throws -> RelianceReport {
        let losses = try presentations(of: data.relianceSamples).map { samples -> Double in
            var (sum, count) = (0.0, 0)
            for batch in try data.batches(of: samples) {
                let result = withoutGradients { model.loss(of: batch.input, dropoutSeed: nil) }
                sum += result.losses.reduce(0, +)
                count += result.losses.count
            }
            guard sum.isFinite else {
                throw TrainingError(
                    .notFinite, subject: "step \(step)",
                    detail: "the loss of the samples of reliance.data is not finite",
                    hint: "lower the learning rate, or look at these samples")
            }
            return sum / Double(count)
        }
        return RelianceReport(
            step: step, sampleCount: data.relianceSamples.count, loss: losses[0],
            mutedLoss: losses[1], blankedLoss: losses[2], swappedLoss: losses[3])
    }
}
