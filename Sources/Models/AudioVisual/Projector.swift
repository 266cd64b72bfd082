public import Layers
public import Tensors

/// The trained map from an encoder's features to the language model's embeddings.
///
/// Formula: y = W·f + b
/// Shapes:  features [n, feature size] → [n, hidden]
/// Source:  Liu et al. 2023 (arXiv:2304.08485), its linear projector; names as in LLaVA's checkpoints
public struct Projector {
    /// The width of one feature vector.
    public let featureSize: Int
    private let map: Linear

    /// Claims `weight` and `bias`.
    public init(featureSize: Int, hiddenSize: Int, at scope: Scope) throws {
        self.featureSize = featureSize
        map = try Linear(inputs: featureSize, outputs: hiddenSize, hasBias: true, at: scope)
    }

    /// Projects each feature vector.
    public func callAsFunction(_ features: Tensor) -> Tensor {
        map(features)
    }
}
