public import Layers
public import Tensors

/// The trained map from an encoder's features to the language model's embeddings.
///
/// Features are first centred and scaled, channel by channel, by statistics of the training data:
/// encoders' channels differ in scale a hundredfold, and a constant part that is larger than what
/// varies would have to be unlearnt first. The whole is still one affine map.
///
/// Formula: y = W·((f − μ) ⊙ s) + b
/// Shapes:  features [n, feature size] → [n, hidden]
/// Source:  Liu et al. 2023 (arXiv:2304.08485), its linear projector; names as in LLaVA's checkpoints
public struct Projector {
    /// The width of one feature vector.
    public let featureSize: Int
    private let map: Linear
    private let mean: Parameter
    private let scale: Parameter

    /// Claims `weight` and `bias`, and `feature_mean` and `feature_scale`, which are 0 and 1 where the
    /// source lacks them.
    public init(featureSize: Int, hiddenSize: Int, at scope: Scope) throws {
        self.featureSize = featureSize
        map = try Linear(inputs: featureSize, outputs: hiddenSize, hasBias: true, at: scope)
        mean = try scope.statistic("feature_mean", shape: [featureSize], fill: .zeros)
        scale = try scope.statistic("feature_scale", shape: [featureSize], fill: .ones)
    }

    /// Projects each feature vector.
    public func callAsFunction(_ features: Tensor) -> Tensor {
        map((features - mean.tensor) * scale.tensor)
    }

    /// The share of the mean variance that is added to each channel's, so that channels which hardly
    /// ever vary are not blown up.
    private static let varianceFloor = 0.01

    /// Takes the statistics of the features that will be trained on; a fresh projector's outputs then
    /// have the given root mean square, that of the embeddings of text.
    ///
    /// Formula: s = √3 · r / √(variance + 0.01 · mean variance), as fresh weights have variance 1 / (3 n)
    /// Throws: when there is not one number a channel
    public func measure(mean: [Double], variance: [Double], outputRMS: Double) throws {
        let floor = Self.varianceFloor * variance.reduce(0, +) / Double(max(1, variance.count))
        try self.mean.measure(
            Tensor(doubles: mean, shape: [mean.count]).converted(to: self.mean.value.scalarType))
        try scale.measure(
            Tensor(
                doubles: variance.map {
                    $0 + floor > 0 ? outputRMS * (3 / ($0 + floor)).squareRoot() : 1
                },
                shape: [variance.count]
            ).converted(to: scale.value.scalarType))
    }
}
