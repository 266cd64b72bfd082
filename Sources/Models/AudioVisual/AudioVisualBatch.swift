public import Tensors

/// Features of one modality and the rows of a packed batch they stand in.
public struct MediaRows: Sendable {
    /// The rows, in the order of the features.
    public let rows: [Int32]
    /// The features, [rows, feature size].
    public let features: Tensor

    /// Puts features in rows.
    ///
    /// Traps: when there isn't one feature vector a row
    public init(rows: [Int32], features: Tensor) {
        precondition(
            features.rank == 2 && features.shape[0] == rows.count,
            "media rows: \(features.shape) for \(rows.count) rows")
        self.rows = rows
        self.features = features
    }
}

/// A packed batch: tokens of all samples one after the other, and what stands in the media's places.
public struct AudioVisualBatch: Sendable {
    /// One token a row; rows of media hold any token of the vocabulary, it is replaced.
    public let tokens: [Int32]
    /// How the rows form samples.
    public let layout: SequenceLayout
    /// Visual features, when a sample has any.
    public let visual: MediaRows?
    /// Audio features, when a sample has any.
    public let audio: MediaRows?
    /// The rows whose next token is supervised.
    public let supervisedRows: [Int32]
    /// The token that follows each supervised row.
    public let targets: [Int32]
    /// How much each target counts in the loss; nil for 1 each.
    public let lossWeights: [Double]?

    /// The sum of the targets' weights.
    public var lossWeight: Double { lossWeights?.reduce(0, +) ?? Double(targets.count) }

    /// Takes a batch.
    ///
    /// Traps: when tokens and layout, or rows, targets and weights, differ in number
    public init(
        tokens: [Int32], layout: SequenceLayout, visual: MediaRows? = nil,
        audio: MediaRows? = nil, supervisedRows: [Int32] = [], targets: [Int32] = [],
        lossWeights: [Double]? = nil
    ) {
        precondition(
            tokens.count == layout.positions.count && supervisedRows.count == targets.count
                && (lossWeights ?? []).count == (lossWeights == nil ? 0 : targets.count),
            "batch: \(tokens.count) tokens for \(layout.positions.count) rows, "
                + "\(targets.count) targets and \(lossWeights?.count ?? targets.count) weights for "
                + "\(supervisedRows.count) supervised rows")
        self.tokens = tokens
        self.layout = layout
        self.visual = visual
        self.audio = audio
        self.supervisedRows = supervisedRows
        self.targets = targets
        self.lossWeights = lossWeights
    }
}
