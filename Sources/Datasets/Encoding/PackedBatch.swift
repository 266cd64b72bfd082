/// Several samples end to end as one block of rows, without padding.
///
/// Row i of the block is a token; attention stays inside a sample's segment.
public struct PackedBatch: Sendable {
    /// The rows of one sample.
    public struct Segment: Sendable, Hashable {
        /// Its first row.
        public let start: Int
        /// Its rows.
        public let count: Int
    }

    /// Where the features of one kind go, a block for each picture or sound.
    public struct MediaRows: Sendable, Hashable {
        /// The rows of all blocks in turn.
        public private(set) var rows: [Int32] = []
        /// The sample, by its place in the batch, that each block belongs to.
        public private(set) var owners: [Int] = []
        /// How many of `rows` each block takes.
        public private(set) var rowCounts: [Int] = []

        fileprivate mutating func append(_ block: Range<Int32>, owner: Int) {
            rows += block
            owners.append(owner)
            rowCounts.append(block.count)
        }
    }

    /// How much of a batch is of one modality.
    public struct Share: Sendable, Hashable {
        /// Its samples.
        public private(set) var sampleCount = 0
        /// Its tokens, placeholders included.
        public private(set) var tokenCount = 0
        /// Its tokens that are learnt.
        public private(set) var supervisedCount = 0

        fileprivate mutating func add(_ sample: EncodedSample) {
            sampleCount += 1
            tokenCount += sample.tokens.count
            supervisedCount += sample.supervisedCount
        }
    }

    /// The samples' ids, in order.
    public private(set) var sampleIDs: [String] = []
    /// The samples' modalities, in order.
    public private(set) var modalities: [Modality] = []
    /// Token ids of all samples.
    public private(set) var tokens: [Int32] = []
    /// Places within each sample, from 0.
    public private(set) var positions: [Int32] = []
    /// Where each sample lies.
    public private(set) var segments: [Segment] = []
    /// Where the features of pictures go.
    public private(set) var visual = MediaRows()
    /// Where the features of sounds go.
    public private(set) var audio = MediaRows()
    /// Rows whose hidden state predicts a label: the row before it, in the same sample.
    public private(set) var supervisedRows: [Int32] = []
    /// The id that each of `supervisedRows` is to predict.
    public private(set) var targets: [Int32] = []
    /// The stretch of `supervisedRows` and `targets` that belongs to each sample.
    public private(set) var supervisedRanges: [Range<Int>] = []
    /// Counts of each modality that occurs.
    public private(set) var shares: [Modality: Share] = [:]

    /// The samples, in order.
    ///
    /// Traps: when there are none
    public init(_ samples: [EncodedSample]) {
        precondition(!samples.isEmpty, "packed batch: [0] samples, expected at least one")
        let tokenCount: Int = samples.reduce(0) { $0 + $1.tokens.count }
        tokens.reserveCapacity(tokenCount)
        positions.reserveCapacity(tokenCount)
        for sample in samples { append(sample) }
    }

    private mutating func append(_ sample: EncodedSample) {
        let start: Int = tokens.count
        let owner: Int = sampleIDs.count
        sampleIDs.append(sample.sampleID)
        modalities.append(sample.modality)
        tokens += sample.tokens
        positions += 0..<Int32(sample.tokens.count)
        segments.append(Segment(start: start, count: sample.tokens.count))
        for slot in sample.slots {
            let first = Int32(start + slot.range.lowerBound)
            let rows: Range<Int32> = first..<first + Int32(slot.range.count)
            switch slot.kind {
            case .visual: visual.append(rows, owner: owner)
            case .audio: audio.append(rows, owner: owner)
            }
        }
        let firstTarget: Int = targets.count
        for (index, label) in sample.labels.enumerated() where label != EncodedSample.unsupervised {
            supervisedRows.append(Int32(start + index - 1))
            targets.append(label)
        }
        supervisedRanges.append(firstTarget..<targets.count)
        shares[sample.modality, default: Share()].add(sample)
    }
}
