/// Several samples as one block of rows, without padding.
///
/// Row i of the block is a token. Samples lie end to end, and attention stays inside a sample; where
/// several begin with the same tokens and media, these rows are there once, and all of the samples see
/// them. What follows a sample's last prediction has no row: nothing depends on it.
public struct PackedBatch: Sendable {
    /// Rows that follow one another.
    public struct Segment: Sendable, Hashable {
        /// Its first row.
        public let start: Int
        /// Its rows.
        public let count: Int
        /// An earlier segment that comes before it; nil at the beginning of samples.
        public let parent: Int?
    }

    /// Where the features of one kind go, a block for each picture or sound, or for a part of it.
    public struct MediaRows: Sendable, Hashable {
        /// The rows of all blocks in turn.
        public private(set) var rows: [Int32] = []
        /// The sample, by its place in the batch, that each block belongs to.
        public private(set) var owners: [Int] = []
        /// Which of the medium's tokens each block takes.
        public private(set) var tokens: [Range<Int>] = []

        /// How many of `rows` each block takes.
        public var rowCounts: [Int] { tokens.map(\.count) }

        /// Adds rows, to the block before when they go on with its medium.
        fileprivate mutating func append(_ rows: Range<Int32>, owner: Int, firstToken: Int) {
            self.rows += rows
            if owners.last == owner, let last = tokens.last, last.upperBound == firstToken {
                tokens[tokens.count - 1] = last.lowerBound..<firstToken + rows.count
            } else {
                owners.append(owner)
                tokens.append(firstToken..<firstToken + rows.count)
            }
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
    public let sampleIDs: [String]
    /// The samples' modalities, in order.
    public let modalities: [Modality]
    /// The token id of each row.
    public private(set) var tokens: [Int32] = []
    /// The place of each row within its samples, from 0.
    public private(set) var positions: [Int32] = []
    /// Which rows follow which.
    public private(set) var segments: [Segment] = []
    /// Where the features of pictures go.
    public private(set) var visual = MediaRows()
    /// Where the features of sounds go.
    public private(set) var audio = MediaRows()
    /// Rows whose hidden state predicts a label: the row before it, in the same sample. A row that
    /// several samples share stands here once for each of them.
    public private(set) var supervisedRows: [Int32] = []
    /// The id that each of `supervisedRows` is to predict.
    public private(set) var targets: [Int32] = []
    /// The stretch of `supervisedRows` and `targets` that belongs to each sample.
    public private(set) var supervisedRanges: [Range<Int>] = []
    /// Counts of each modality that occurs.
    public private(set) var shares: [Modality: Share] = [:]
    /// Tokens that the samples would have, each padded to the longest.
    public let paddedCount: Int

    /// Rows that are too few to share: attention over one more stretch of keys costs more than they save.
    public static let leastSharedCount = 16

    /// The samples, in order, each by itself.
    ///
    /// Traps: when there are none
    public init(_ samples: [EncodedSample]) {
        self.init(samples, PrefixTree(apart: samples.map(\.rowCount)))
    }

    /// The samples, in order, with what they begin with in common there once.
    ///
    /// - Parameters:
    ///   - media: a number for each medium of each sample, the same where media are the same.
    ///   - leastShared: how many rows at least are shared.
    /// Traps: when there are no samples, or not as many entries of `media`
    public init(
        _ samples: [EncodedSample], media: [[MediaKind: Int]],
        leastShared: Int = PackedBatch.leastSharedCount
    ) {
        precondition(
            samples.count == media.count,
            "packed batch: [\(samples.count)] samples × [\(media.count)] media")
        self.init(
            samples,
            PrefixTree(
                zip(samples, media).map { $0.symbols(media: $1) }, leastShared: leastShared))
    }

    private init(_ samples: [EncodedSample], _ tree: PrefixTree) {
        precondition(!samples.isEmpty, "packed batch: [0] samples, expected at least one")
        sampleIDs = samples.map(\.sampleID)
        modalities = samples.map(\.modality)
        paddedCount = samples.count * samples.reduce(0) { max($0, $1.tokens.count) }
        for run in tree.runs { append(run, of: samples[run.owner]) }
        for (sample, path) in zip(samples, tree.paths) {
            let rows = path.flatMap { segments[$0].start..<segments[$0].start + segments[$0].count }
            let firstTarget: Int = targets.count
            for (index, label) in sample.labels.enumerated()
            where label != EncodedSample.unsupervised {
                supervisedRows.append(Int32(rows[index - 1]))
                targets.append(label)
            }
            supervisedRanges.append(firstTarget..<targets.count)
            shares[sample.modality, default: Share()].add(sample)
        }
    }

    private mutating func append(_ run: PrefixTree.Run, of sample: EncodedSample) {
        let start: Int = tokens.count
        tokens += sample.tokens[run.range]
        positions += Int32(run.range.lowerBound)..<Int32(run.range.upperBound)
        segments.append(Segment(start: start, count: run.range.count, parent: run.parent))
        for slot in sample.slots {
            let part = slot.range.clamped(to: run.range)
            if part.isEmpty { continue }
            let first = Int32(start + part.lowerBound - run.range.lowerBound)
            let rows: Range<Int32> = first..<first + Int32(part.count)
            let token: Int = slot.firstToken + part.lowerBound - slot.range.lowerBound
            switch slot.kind {
            case .visual: visual.append(rows, owner: run.owner, firstToken: token)
            case .audio: audio.append(rows, owner: run.owner, firstToken: token)
            }
        }
    }
}

extension EncodedSample {
    /// The tokens, with media's places told apart by which medium and which of its tokens stands there.
    fileprivate func symbols(media: [MediaKind: Int]) -> [Int] {
        var symbols = tokens.prefix(rowCount).map(Int.init)
        for slot in slots {
            guard let medium = media[slot.kind] else {
                preconditionFailure("packed batch: no number for the \(slot.kind) of \(sampleID)")
            }
            let kind: Int = slot.kind == .visual ? 1 : 2
            for (offset, place) in slot.range.enumerated() where place < rowCount {
                // Tokens have 31 bits; above them are the kind and the medium, and below its token.
                symbols[place] = (2 * medium + kind) << 31 | (slot.firstToken + offset)
            }
        }
        return symbols
    }
}
