public import Tensors

/// A convolution along time.
///
/// Formula: y[n, i, o] = Σ W[o, c, a]·x[n, i·stride + a - padding, c] + b[o]
/// Shapes:  x [n, t, inputs] → [n, t', outputs]; W [outputs, inputs, width], b [outputs]
public struct Convolution1D {
    private let weight: Parameter
    private let bias: Parameter?
    private let frozen: Tensor?
    private let stride: Int
    private let padding: Int

    /// Claims `weight`, in PyTorch's order of axes, and `bias` when there is one.
    public init(
        inputs: Int, outputs: Int, width: Int, stride: Int = 1, padding: Int = 0,
        hasBias: Bool = true, at scope: Scope
    ) throws {
        let fill = Fill.fanIn(inputs * width)
        weight = try scope.parameter("weight", shape: [outputs, inputs, width], fill: fill)
        bias = try hasBias ? scope.parameter("bias", shape: [outputs], fill: fill) : nil
        // A tensor that a file lacks has no values to rearrange; `assemble` reports it.
        let isFixed = !weight.isTrained && weight.value.shape == weight.shape
        frozen = isFixed ? weight.value.transposed([0, 2, 1]) : nil
        self.stride = stride
        self.padding = padding
    }

    /// Convolves each sequence of a batch.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.convolution1D(
            frozen ?? weight.tensor.transposed([0, 2, 1]), bias: bias?.tensor, stride: stride,
            padding: padding)
    }
}
