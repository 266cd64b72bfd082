public import Tensors

/// Root-mean-square normalisation with a learned gain.
///
/// Formula: y = x / √(mean(x²) + ε) · g
/// Shapes:  x [t, size] → [t, size]
/// Source:  Zhang and Sennrich 2019 (arXiv:1910.07467)
public struct RMSNorm {
    private let weight: Parameter
    private let epsilon: Double

    /// Claims `weight`.
    public init(size: Int, epsilon: Double, at scope: Scope) throws {
        weight = try scope.parameter("weight", shape: [size], fill: .ones)
        self.epsilon = epsilon
    }

    /// Normalises each row.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.rmsNorm(weight: weight.tensor, epsilon: epsilon)
    }
}

/// Layer normalisation with learned gain and shift.
///
/// Formula: y = (x - mean(x)) / √(var(x) + ε) · g + b
/// Shapes:  x [t, size] → [t, size]
/// Source:  Ba, Kiros, Hinton 2016 (arXiv:1607.06450)
public struct LayerNorm {
    private let weight: Parameter
    private let bias: Parameter
    private let epsilon: Double

    /// Claims `weight` and `bias`.
    public init(size: Int, epsilon: Double, at scope: Scope) throws {
        weight = try scope.parameter("weight", shape: [size], fill: .ones)
        bias = try scope.parameter("bias", shape: [size], fill: .zeros)
        self.epsilon = epsilon
    }

    /// Normalises each row.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.layerNorm(weight: weight.tensor, bias: bias.tensor, epsilon: epsilon)
    }
}
