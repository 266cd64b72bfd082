internal import Datasets
internal import Kernels
internal import Layers
internal import Models
internal import Tensors

/// How long a sample is, and what of it is media or learnt.
struct SampleShape: Sendable, Hashable {
    let modality: Modality
    /// Tokens, media included.
    let tokenCount: Int
    /// Tokens with a loss.
    let supervisedCount: Int
    /// Tokens of pictures.
    let visualCount: Int
    /// Tokens of sounds.
    let audioCount: Int

    init(
        modality: Modality, tokenCount: Int, supervisedCount: Int, visualCount: Int,
        audioCount: Int
    ) {
        self.modality = modality
        self.tokenCount = tokenCount
        self.supervisedCount = supervisedCount
        self.visualCount = visualCount
        self.audioCount = audioCount
    }

    init(_ sample: EncodedSample) {
        func count(_ kind: MediaKind) -> Int {
            sample.slots.reduce(0) { $0 + ($1.kind == kind ? $1.range.count : 0) }
        }
        self.init(
            modality: sample.modality, tokenCount: sample.tokens.count,
            supervisedCount: sample.supervisedCount, visualCount: count(.visual),
            audioCount: count(.audio))
    }
}

/// A micro-batch as far as it costs time and memory.
struct BatchShape: Sendable {
    /// Tokens of all samples.
    let tokenCount: Int
    /// Tokens with a loss.
    let supervisedCount: Int
    /// Tokens that every sample padded to the longest would make.
    let paddedCount: Int
    private let segments: [AttentionSegment]
    private let visualCount: Int
    private let audioCount: Int

    /// Samples that share nothing.
    init(samples: [SampleShape]) {
        tokenCount = samples.reduce(0) { $0 + $1.tokenCount }
        supervisedCount = samples.reduce(0) { $0 + $1.supervisedCount }
        visualCount = samples.reduce(0) { $0 + $1.visualCount }
        audioCount = samples.reduce(0) { $0 + $1.audioCount }
        paddedCount = samples.count * samples.reduce(0) { max($0, $1.tokenCount) }
        segments = SequenceLayout(lengths: samples.map(\.tokenCount)).segments
    }

    /// A batch as it is trained on.
    init(_ packed: PackedBatch) {
        tokenCount = PackingCounts(packed).tokenCount
        supervisedCount = packed.targets.count
        visualCount = packed.visual.rows.count
        audioCount = packed.audio.rows.count
        paddedCount = packed.paddedCount
        segments = packed.segments.map(AttentionSegment.init)
    }

    /// Rows that are computed.
    var rowCount: Int { segments.reduce(0) { $0 + $1.count } }

    /// Rows and the rows they see, each half of its own segment on average.
    var pairCount: Double { segments.pairCount }

    /// A batch of this shape with made-up contents: one token over and over, features of zeros.
    func batch(visualFeatureSize: Int?, audioFeatureSize: Int?) -> AudioVisualBatch {
        func media(_ rows: Range<Int>, _ size: Int?) -> MediaRows? {
            guard let size, !rows.isEmpty else { return nil }
            return MediaRows(
                rows: rows.map { Int32($0) },
                features: Tensor.zeros([rows.count, size], type: .float32))
        }
        let rowCount = rowCount
        return AudioVisualBatch(
            tokens: [Int32](repeating: 0, count: rowCount),
            layout: SequenceLayout(positions: positions, segments: segments),
            visual: media(0..<visualCount, visualFeatureSize),
            audio: media(visualCount..<visualCount + audioCount, audioFeatureSize),
            supervisedRows: (0..<supervisedCount).map { Int32(rowCount - 1 - $0 % rowCount) },
            targets: [Int32](repeating: 0, count: supervisedCount))
    }

    private var positions: [Int32] {
        var ends: [Int32] = []
        var positions: [Int32] = []
        for segment in segments {
            let start = segment.parent.map { ends[$0] } ?? 0
            ends.append(start + Int32(segment.count))
            positions += start..<start + Int32(segment.count)
        }
        return positions
    }
}

extension [AttentionSegment] {
    /// Rows and the rows they see: all of earlier segments, half of their own.
    var pairCount: Double {
        var before: [Double] = []
        return reduce(0.0) { sum, segment in
            let count = Double(segment.count)
            let above = segment.parent.map { before[$0] + Double(self[$0].count) } ?? 0
            before.append(above)
            return sum + count * above + count * count / 2
        }
    }
}
