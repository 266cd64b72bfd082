/// Several samples end to end as one block of rows, without padding.
///
/// Row i of the block is a token; attention stays inside a sample's segment.
public struct PackedBatch: Sendable {
    /// The rows of one sample.
    public struct Segment: Sendable, Hashable {
        public let start: Int
        public let count: Int
    }

    /// Where the features of one kind go: block j of `rowCounts[j]` rows belongs to sample
    /// `owners[j]`, and `rows` are those of all blocks in turn.
    public struct MediaRows: Sendable, Hashable {
        public fileprivate(set) var rows: [Int32] = []
        public fileprivate(set) var owners: [Int] = []
        public fileprivate(set) var rowCounts: [Int] = []
    }

    /// How much of a batch is of one modality.
    public struct Share: Sendable, Hashable {
        public fileprivate(set) var sampleCount = 0
        public fileprivate(set) var tokenCount = 0
        public fileprivate(set) var supervisedCount = 0
    }

    public let sampleIDs: [String]
    public let modalities: [Modality]
    /// Token ids of all samples.
    public let tokens: [Int32]
    /// Places within each sample, from 0.
    public let positions: [Int32]
    public let segments: [Segment]
    public let visual: MediaRows
    public let audio: MediaRows
    /// Rows whose hidden state predicts a label: the row before it, in the same sample.
    public let supervisedRows: [Int32]
    /// The id that each of `supervisedRows` is to predict.
    public let targets: [Int32]
    /// The stretch of `supervisedRows` and `targets` that belongs to each sample.
    public let supervisedRanges: [Range<Int>]
    /// Counts of each modality that occurs.
    public let shares: [Modality: Share]

    /// The samples, in order.
    ///
    /// Traps: when there are none
    public init(_ samples: [EncodedSample]) {
        precondition(!samples.isEmpty, "packed batch: [0] samples, expected at least one")
        var tokens: [Int32] = []
        tokens.reserveCapacity(samples.reduce(0) { $0 + $1.tokens.count })
        var positions: [Int32] = []
        positions.reserveCapacity(tokens.capacity)
        var segments: [Segment] = []
        var media: [MediaKind: MediaRows] = [.visual: MediaRows(), .audio: MediaRows()]
        var rows: [Int32] = []
        var targets: [Int32] = []
        var ranges: [Range<Int>] = []
        var shares: [Modality: Share] = [:]
        for (owner, sample) in samples.enumerated() {
            let start: Int = tokens.count
            tokens += sample.tokens
            positions += 0..<Int32(sample.tokens.count)
            segments.append(Segment(start: start, count: sample.tokens.count))
            for slot in sample.slots {
                let first = Int32(start + slot.range.lowerBound)
                media[slot.kind]?.rows += first..<first + Int32(slot.range.count)
                media[slot.kind]?.owners.append(owner)
                media[slot.kind]?.rowCounts.append(slot.range.count)
            }
            let firstTarget: Int = targets.count
            for (index, label) in sample.labels.enumerated()
            where label != EncodedSample.unsupervised {
                rows.append(Int32(start + index - 1))
                targets.append(label)
            }
            ranges.append(firstTarget..<targets.count)
            shares[sample.modality, default: Share()].sampleCount += 1
            shares[sample.modality, default: Share()].tokenCount += sample.tokens.count
            shares[sample.modality, default: Share()].supervisedCount += sample.supervisedCount
        }
        sampleIDs = samples.map(\.sampleID)
        modalities = samples.map(\.modality)
        self.tokens = tokens
        self.positions = positions
        self.segments = segments
        visual = media[.visual] ?? MediaRows()
        audio = media[.audio] ?? MediaRows()
        supervisedRows = rows
        self.targets = targets
        supervisedRanges = ranges
        self.shares = shares
    }
}
