internal import Datasets

/// Which media a run's encoders take in, and when: a function of a recipe and its samples.
struct MediaSchedule: Sendable {
    /// Media of each kind that the statistics of new projectors are taken from: with eight tokens and more
    /// a clip, thousands of rows for a mean and a variance, and soon encoded.
    private static let measuredCount = 256

    private let order: TrainingOrder
    /// Samples that are scored but not learnt, as they are presented.
    private let held: [PresentedSample]
    private let variant: @Sendable (Sample, Int) throws -> Int

    /// The media of a recipe's samples; `variant` tells that of a sample's sound at a scheduled step.
    init(
        _ order: TrainingOrder, _ samples: TrainingSamples,
        variant: @escaping @Sendable (_ sample: Sample, _ step: Int) throws -> Int
    ) {
        self.order = order
        held =
            samples.validation.map { PresentedSample($0) }
            + Reliance.presentations(of: samples.reliance).joined()
        self.variant = variant
    }

    /// What has to be there before the first step: the media of held-out samples, and those of which new
    /// projectors of some kinds take their statistics.
    func early(measuring kinds: [MediaKind]) -> [MediaUse] {
        held.flatMap(\.media)
            + kinds.flatMap { kind in
                measuredPaths(kind).map {
                    MediaUse(.file(path: $0, variant: 0), kind)
                }
            }
    }

    /// The media that statistics of new projectors are taken from: the first `measuredCount` of the
    /// samples that the steps take, whether they are shown or held back, each once; all if there are fewer.
    func measuredPaths(_ kind: MediaKind) -> [String] {
        func path(_ sample: Sample) -> String? {
            kind == .visual ? sample.visualPath : sample.audioPath
        }
        let count = min(
            Self.measuredCount, Set(order.sources.joined().compactMap(path)).count)
        var seen: Set<String> = []
        var paths: [String] = []
        for step in 0..<order.stepCount where paths.count < count {
            for entry in order.batches(ofStep: step).flatMap(\.entries) where paths.count < count {
                let sample = order.sources[entry.reference.dataset][entry.reference.sample]
                guard let path = path(sample), seen.insert(path).inserted else { continue }
                paths.append(path)
            }
        }
        return paths
    }

    /// What a step shows.
    ///
    /// Throws: when a file cannot be read
    func media(ofStep step: Int) throws -> [MediaUse] {
        try order.batches(ofStep: step).flatMap { batch in
            try batch.presented(order.sources, variant: variant).flatMap(\.media)
        }
    }

    /// All that a run takes in, each once, in the order of use.
    ///
    /// Throws: when a file cannot be read
    func all(measuring kinds: [MediaKind]) throws -> [MediaUse] {
        var seen: Set<MediaUse> = []
        var media = early(measuring: kinds).filter { seen.insert($0).inserted }
        for step in 0..<order.stepCount {
            media += try self.media(ofStep: step).filter { seen.insert($0).inserted }
        }
        return media
    }
}

extension PresentedSample {
    /// What is presented to encoders.
    var media: [MediaUse] {
        [(visual, MediaKind.visual), (audio, .audio)].compactMap { reference, kind in
            reference.map { MediaUse($0, kind) }
        }
    }
}

extension ScheduledBatch {
    /// Its samples as they are presented; `variant` tells that of a sample's sound at a step.
    func presented(
        _ sources: [[Sample]], variant: (_ sample: Sample, _ step: Int) throws -> Int
    ) rethrows -> [PresentedSample] {
        try entries.map { entry in
            let sample = sources[entry.reference.dataset][entry.reference.sample]
            return PresentedSample(
                sample, withholding: Ablation(entry), variant: try variant(sample, step))
        }
    }
}
