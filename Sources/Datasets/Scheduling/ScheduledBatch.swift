/// A sample by its place: which data set, and which of its samples.
public struct SampleReference: Sendable, Hashable, Codable {
    public let dataset: Int
    public let sample: Int

    public init(dataset: Int, sample: Int) {
        self.dataset = dataset
        self.sample = sample
    }
}

/// One step's samples, in the order visual, audio, audio-visual, text.
public struct ScheduledBatch: Sendable, Hashable {
    /// One place of the batch.
    public struct Entry: Sendable, Hashable {
        public let modality: Modality
        public let reference: SampleReference
    }

    /// The step since the run began, from 0.
    public let step: Int
    public let epoch: Int
    /// The step since the epoch began, from 0.
    public let stepInEpoch: Int
    public let entries: [Entry]

    /// How many entries are of a modality.
    public func count(of modality: Modality) -> Int {
        entries.count { $0.modality == modality }
    }
}
