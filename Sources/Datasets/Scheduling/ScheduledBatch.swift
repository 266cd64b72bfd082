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

/// One step's samples, in the order visual, audio, audio-visual, text; or a part of them.
public struct ScheduledBatch: Sendable, Hashable {
    /// One place of the batch.
    public struct Entry: Sendable, Hashable {
        /// The modality whose quota it counts towards.
        public let modality: Modality
        /// Which sample it is.
        public let reference: SampleReference
        /// What of the sample is shown: its modality, or less where modality augmentation holds a
        /// part of its media back.
        public var shown: Modality

        /// A place, at which the whole sample is shown.
        public init(modality: Modality, reference: SampleReference) {
            self.modality = modality
            self.reference = reference
            shown = modality
        }
    }

    /// The step since the run began, from 0.
    public let step: Int
    /// The epoch the step belongs to, from 0.
    public let epoch: Int
    /// The step since the epoch began, from 0.
    public let stepInEpoch: Int
    /// Which part of the step's batch this is; nil for the whole.
    public private(set) var part: Int?
    /// The samples.
    public private(set) var entries: [Entry]

    init(step: Int, epoch: Int, stepInEpoch: Int, entries: [Entry]) {
        self.step = step
        self.epoch = epoch
        self.stepInEpoch = stepInEpoch
        self.entries = entries
    }

    /// How many entries are of a modality.
    public func count(of modality: Modality) -> Int {
        entries.count { $0.modality == modality }
    }

    /// The batch dealt out into at most `count` parts: of each modality, and in all, no part has two
    /// entries more than another. Entries of a modality stay in their order, so that those of one clip stay
    /// together.
    ///
    /// Traps: when `count` is below 1
    public func dealt(into count: Int) -> [ScheduledBatch] {
        precondition(count > 0, "scheduled batch: \(count) parts, expected at least 1")
        let partCount = min(count, entries.count)
        var parts = [[Entry]](repeating: [], count: partCount)
        var start = 0
        while start < entries.count {
            let modality = entries[start].modality
            let end = entries[start...].firstIndex { $0.modality != modality } ?? entries.count
            // As many for each part as dealing one by one to the parts in turn would give it.
            let receivers = (start..<end).map { $0 % partCount }.sorted()
            for (entry, part) in zip(entries[start..<end], receivers) { parts[part].append(entry) }
            start = end
        }
        return parts.enumerated().map { index, entries in
            var batch = self
            batch.part = index
            batch.entries = entries
            return batch
        }
    }

    /// The batch with some samples shown in part, as modality augmentation decides.
    public func augmented(by augmentation: ModalityAugmentation, _ sources: [[Sample]])
        -> ScheduledBatch
    {
        var batch = self
        for (index, entry) in entries.enumerated() {
            let sample = sources[entry.reference.dataset][entry.reference.sample]
            batch.entries[index].shown = augmentation.shown(
                sample, at: entry.reference, step: step)
        }
        return batch
    }
}
