/// A sample by its place: which data set, and which of its samples.
public struct SampleReference: Sendable, Hashable, Codable {
    /// The data set's place among the sources.
    public let dataset: Int
    /// The sample's place in its data set.
    public let sample: Int

    /// A reference from its places.
    public init(dataset: Int, sample: Int) {
        self.dataset = dataset
        self.sample = sample
    }
}

/// One step's samples, in the order visual, audio, audio-visual, text.
public struct ScheduledBatch: Sendable, Hashable {
    /// One place of the batch.
    public struct Entry: Sendable, Hashable {
        /// The modality whose quota it counts towards.
        public let modality: Modality
        /// Which sample it is.
        public let reference: SampleReference
    }

    /// The step since the run began, from 0.
    public let step: Int
    /// The epoch the step belongs to, from 0.
    public let epoch: Int
    /// The step since the epoch began, from 0.
    public let stepInEpoch: Int
    /// The samples.
    public let entries: [Entry]

    /// How many entries are of a modality.
    public func count(of modality: Modality) -> Int {
        entries.count { $0.modality == modality }
    }
}
