public import Layers
public import Tensors

/// The trained map from an encoder's features to the language model's embeddings.
///
/// Features are first centred and scaled, channel by channel, by statistics of the training data:
/// encoders' channels differ in scale a hundredfold, and a constant part that is larger than what
/// varies would have to be unlearnt first. The whole is still one affine map.
///
/// With boundary tokens, a clip's features stand between two vectors that are trained like embeddings.
///
/// Formula: y = W·((f − μ) ⊙ s) + b
/// Shapes:  features [n, feature size], or [n, feature size + 1] of `ClipBoundaries` → [n, hidden]
/// Source:  Liu et al. 2023 (arXiv:2304.08485), its linear projector; names as in LLaVA's checkpoints
public struct Projector {
    /// The width of one feature vector.
    public let featureSize: Int
    private let map: Linear
    private let mean: Parameter
    private let scale: Parameter
    private let boundaries: (begin: Parameter, end: Parameter)?

    /// Claims `weight` and `bias`, and `feature_mean` and `feature_scale`, which are 0 and 1 where the
    /// source lacks them; with boundary tokens also `begin_token` and `end_token`.
    public init(
        featureSize: Int, hiddenSize: Int, hasBoundaryTokens: Bool = false, at scope: Scope
    ) throws {
        self.featureSize = featureSize
        map = try Linear(inputs: featureSize, outputs: hiddenSize, hasBias: true, at: scope)
        mean = try scope.statistic("feature_mean", shape: [featureSize], fill: .zeros)
        scale = try scope.statistic("feature_scale", shape: [featureSize], fill: .ones)
        func token(_ name: String) throws -> Parameter {
            try scope.parameter(name, shape: [hiddenSize], fill: .normal(deviation: 0.02))
        }
        boundaries = hasBoundaryTokens ? (try token("begin_token"), try token("end_token")) : nil
    }

    /// Projects each feature vector.
    public func callAsFunction(_ features: Tensor) -> Tensor {
        guard let boundaries else { return map((features - mean.tensor) * scale.tensor) }
        let rows = ClipBoundaries.rows(of: features, size: featureSize)
        let plain = features.slice(axis: 1, 0..<featureSize)
        return map((plain - mean.tensor) * scale.tensor)
            .replacingRows(rows.begins, with: Self.repeated(boundaries.begin, rows.begins.count))
            .replacingRows(rows.ends, with: Self.repeated(boundaries.end, rows.ends.count))
    }

    private static func repeated(_ token: Parameter, _ count: Int) -> Tensor {
        token.tensor.reshaped([1, token.shape[0]])
            .gatheringRows([Int32](repeating: 0, count: count))
    }

    /// The share of the mean variance that is added to each channel's, so that channels which hardly
    /// ever vary are not blown up.
    private static let varianceFloor = 0.01

    /// The constant part that is left to each channel, in standard deviations. Under AdamW every weight
    /// moves by about the learning rate, so what all inputs share is learnt through a thousand channels
    /// at once, where a bias alone would take hundreds of steps.
    private static let constantPart = 0.5

    /// Takes the statistics of the features that will be trained on; a fresh projector's outputs then
    /// have about the given root mean square, that of the embeddings of text.
    ///
    /// Formula: σ² = variance + 0.01 · mean variance; s = √3 · r / σ, as fresh weights have variance
    /// 1 / (3 n); μ = mean − σ / 2
    /// Throws: when there is not one number a channel
    public func measure(mean: [Double], variance: [Double], outputRMS: Double) throws {
        let floor = Self.varianceFloor * variance.reduce(0, +) / Double(max(1, variance.count))
        let deviations = variance.map { $0 + floor > 0 ? ($0 + floor).squareRoot() : 1 }
        let centres = zip(mean, deviations).map { $0 - Self.constantPart * $1 }
        let type = scale.value.scalarType
        try self.mean.measure(
            Tensor(doubles: centres, shape: [mean.count]).converted(to: type))
        try scale.measure(
            Tensor(
                doubles: deviations.map { outputRMS * 3.0.squareRoot() / $0 },
                shape: [variance.count]
            ).converted(to: type))
    }
}
