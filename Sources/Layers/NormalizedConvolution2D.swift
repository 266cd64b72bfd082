public import Tensors

/// A frozen convolution over pictures with the batch normalisation behind it folded into its weights.
///
/// Formula: W' = W·g/√(var + ε), b' = shift + (b - mean)·g/√(var + ε), computed in Double;
///          y[n, i, j, o] = Σ W'[o, c, a, b]·x[n, i·stride + a - top, j·stride + b - left, c] + b'[o]
/// Shapes:  x [n, h, w, inputs] → [n, h', w', outputs], zeros around it as TensorFlow's "SAME"
/// Source:  Ioffe and Szegedy 2015 (arXiv:1502.03167) for the running statistics
public struct NormalizedConvolution2D {
    private let weight: Tensor
    private let bias: Tensor
    private let side: Int
    private let stride: Int
    private let isDepthwise: Bool

    /// Reads the convolution's `weight` and the norm's `weight`, `bias`, `running_mean`, `running_var`,
    /// in PyTorch's order of axes; a depthwise one has one filter a channel, and a convolution may have a
    /// `bias` of its own.
    ///
    /// Throws: when the plan trains one of them: running statistics have no gradient; when a variance is
    /// negative
    public init(
        inputs: Int, outputs: Int, side: Int, stride: Int = 1, isDepthwise: Bool = false,
        hasBias: Bool = false, normEpsilon: Double, convolution: Scope, norm: Scope
    ) throws {
        precondition(
            !isDepthwise || inputs == outputs,
            "depthwise convolution: \(inputs) channels in, \(outputs) out")
        try Self.requireFrozen([(convolution, "weight"), (norm, "weight"), (norm, "bias")])
        self.side = side
        self.stride = stride
        self.isDepthwise = isDepthwise
        let shape = [outputs, isDepthwise ? 1 : inputs, side, side]
        let values = try convolution.values(
            "weight", shape: shape, fill: .fanIn(shape[1...].reduce(1, *)))
        let own =
            hasBias
            ? try convolution.values("bias", shape: [outputs], fill: .zeros)
            : [Float](repeating: 0, count: outputs)
        let map = try FixedBatchNorm.map(channels: outputs, epsilon: normEpsilon, at: norm)
        guard let values, let own, let map else {
            weight = Tensor.zeros([0], type: convolution.scalarType)
            bias = weight
            return
        }
        let size = shape[1...].reduce(1, *)
        let folded = values.indices.map { Double(values[$0]) * map.scale[$0 / size] }
        let tensor = convolution.constant(folded, shape: shape)
        weight =
            isDepthwise
            ? tensor.transposed([2, 3, 0, 1]).reshaped([side, side, outputs])
            : tensor.transposed([0, 2, 3, 1])
        bias = convolution.constant(
            own.indices.map { map.offset[$0] + Double(own[$0]) * map.scale[$0] },
            shape: [outputs])
    }

    /// Convolves each picture of a batch.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let padding = Padding.same(
            height: x.shape[1], width: x.shape[2], kernel: side, stride: stride)
        return isDepthwise
            ? x.depthwiseConvolution2D(weight, bias: bias, stride: stride, padding: padding)
            : x.convolution2D(weight, bias: bias, stride: stride, padding: padding)
    }

    private static func requireFrozen(_ parameters: [(scope: Scope, name: String)]) throws {
        for (scope, name) in parameters where scope.isTrained(name) {
            throw LayerError(
                .plan, subject: "\(scope.path).\(name)",
                detail: "a convolution with folded normalisation is always frozen",
                hint: "leave this encoder out of the trained parameters")
        }
    }
}
