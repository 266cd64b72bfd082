import Kernels
import TestKit
import Tensors

/// One differentiable operation with inputs to check it on.
struct OpCase: Sendable, CustomStringConvertible {
    /// The Swift name of the operation.
    let name: String
    let variant: String
    let inputs: [Tensor]
    let function: @Sendable ([Tensor]) -> Tensor

    var description: String { variant.isEmpty ? name : "\(name), \(variant)" }

    init(
        _ name: String, _ variant: String = "", _ inputs: Tensor...,
        function: @escaping @Sendable ([Tensor]) -> Tensor
    ) {
        self.name = name
        self.variant = variant
        self.inputs = inputs
        self.function = function
    }
}

/// Every public operation, once or more; a test compares this list with the source.
enum OpCatalog {
    static let cases: [OpCase] =
        arithmetic + functions + reductions + shapes + rows + products + normalization
        + attention + convolution + fused

    private static func x(
        _ shape: Int..., seed: Int = 1, scale: Double = 1, offset: Double = 0
    ) -> Tensor {
        GradientCheck.fixedValues(shape, seed: seed, scale: scale, offset: offset)
    }

    private static let arithmetic: [OpCase] = [
        OpCase("+", "same shape", x(2, 3), x(2, 3, seed: 2)) { $0[0] + $0[1] },
        OpCase("+", "row", x(2, 3), x(3, seed: 2)) { $0[0] + $0[1] },
        OpCase("+", "both repeat", x(2, 1, 3), x(4, 1, seed: 2)) { $0[0] + $0[1] },
        OpCase("-", "number", x(2, 3), x(1, seed: 2)) { $0[0] - $0[1] },
        OpCase("*", "column", x(2, 3), x(2, 1, seed: 2)) { $0[0] * $0[1] },
        OpCase("*", "with itself", x(2, 3)) { $0[0] * $0[0] },
        OpCase("/", "row", x(2, 3), x(3, seed: 2, scale: 0.3, offset: 1)) { $0[0] / $0[1] },
        OpCase("scaled", "", x(5)) { $0[0].scaled(by: -2.5) },
        OpCase("adding", "", x(5)) { $0[0].adding(3) },
        OpCase("+", "empty", x(0, 3), x(3, seed: 2)) { $0[0] + $0[1] },
    ]

    private static let functions: [OpCase] = [
        OpCase("exponential", "", x(7)) { $0[0].exponential() },
        OpCase("logarithm", "", x(7, scale: 0.4, offset: 1)) { $0[0].logarithm() },
        OpCase("squareRoot", "", x(7, scale: 0.4, offset: 1)) { $0[0].squareRoot() },
        OpCase("sigmoid", "", x(7, scale: 3)) { $0[0].sigmoid() },
        OpCase("tanh", "", x(7, scale: 2)) { $0[0].tanh() },
        OpCase("siLU", "", x(7, scale: 3)) { $0[0].siLU() },
        OpCase("gelu", "erf", x(7, scale: 3)) { $0[0].gelu(.erf) },
        OpCase("gelu", "tanh", x(7, scale: 3)) { $0[0].gelu(.tanh) },
        OpCase("gelu", "quick", x(7, scale: 3)) { $0[0].gelu(.quick) },
        OpCase("relu", "", x(7)) { $0[0].relu() },
        OpCase("relu6", "", x(9, scale: 8)) { $0[0].relu6() },
        OpCase("swiGLU", "", x(3, 10, scale: 2)) { $0[0].swiGLU() },
        OpCase("dropout", "", x(40)) { $0[0].dropout(rate: 0.4, seed: 5) },
        OpCase("softmax", "", x(3, 5, scale: 2)) { $0[0].softmax() },
        OpCase("exponential", "empty", x(0)) { $0[0].exponential() },
    ]

    private static let reductions: [OpCase] = [
        OpCase("sum", "all", x(2, 3)) { $0[0].sum() },
        OpCase("sum", "middle", x(2, 3, 4)) { $0[0].sum(axes: [1]) },
        OpCase("sum", "outer and inner", x(2, 3, 4)) { $0[0].sum(axes: [0, 2]) },
        OpCase("mean", "last", x(2, 3, 4)) { $0[0].mean(axes: [2]) },
        OpCase("max", "", x(2, 4, 3)) { $0[0].max(axis: 1) },
    ]

    private static let shapes: [OpCase] = [
        OpCase("reshaped", "", x(2, 6)) { $0[0].reshaped([3, 4]) },
        OpCase("transposed", "", x(2, 3, 4)) { $0[0].transposed([2, 0, 1]) },
        OpCase("slice", "rows", x(5, 3)) { $0[0].slice(axis: 0, 1..<4) },
        OpCase("slice", "columns", x(2, 5, 2)) { $0[0].slice(axis: 1, 2..<5) },
        OpCase("split", "", x(2, 5)) {
            let parts = $0[0].split(axis: 1, counts: [2, 3])
            return Tensor.concatenated([parts[1], parts[0].scaled(by: 2)], axis: 1)
        },
        OpCase("concatenated", "", x(2, 3), x(2, 2, seed: 2)) {
            Tensor.concatenated([$0[0], $0[1], $0[0]], axis: 1)
        },
        OpCase("concatenated", "rows", x(2, 3), x(1, 3, seed: 2)) {
            Tensor.concatenated([$0[0], $0[1]], axis: 0)
        },
    ]

    private static let rows: [OpCase] = [
        OpCase("gatheringRows", "", x(4, 3)) { $0[0].gatheringRows([2, 0, 2]) },
        OpCase("replacingRows", "", x(4, 3), x(2, 3, seed: 2)) {
            $0[0].replacingRows([3, 1], with: $0[1])
        },
        OpCase("addingRows", "", x(4, 3), x(3, 3, seed: 2)) {
            $0[0].addingRows([3, 1, 3], $0[1])
        },
        OpCase("crossEntropy", "", x(5, 4), x(7, 4, seed: 2)) {
            $0[0].crossEntropy(
                projection: $0[1], targets: [0, 6, 3, 3, 1], weights: [1, 0.5, 2, 0, 1]
            ).loss
        },
    ]

    private static let products: [OpCase] = [
        OpCase("matmul", "", x(2, 3), x(3, 4, seed: 2)) { $0[0].matmul($0[1]) },
        OpCase("matmul", "first transposed", x(3, 2), x(3, 4, seed: 2)) {
            $0[0].matmul($0[1], transposingSelf: true)
        },
        OpCase("matmul", "second transposed", x(2, 3), x(4, 3, seed: 2)) {
            $0[0].matmul($0[1], transposingOther: true)
        },
        OpCase("matmul", "batched, both transposed", x(2, 3, 2), x(2, 4, 3, seed: 2)) {
            $0[0].matmul($0[1], transposingSelf: true, transposingOther: true)
        },
        OpCase("linear", "bias", x(3, 4), x(5, 4, seed: 2), x(5, seed: 3)) {
            $0[0].linear($0[1], bias: $0[2])
        },
        OpCase(
            "linear", "adapters", x(3, 4), x(5, 4, seed: 2), x(2, 4, seed: 3), x(2, 2, seed: 4),
            x(1, 4, seed: 5), x(3, 1, seed: 6)
        ) {
            $0[0].linear(
                $0[1],
                adapters: [
                    LowRankAdapter(a: $0[2], b: $0[3], scale: 2, outputs: 0..<2),
                    LowRankAdapter(
                        a: $0[4], b: $0[5], scale: 0.5, outputs: 2..<5, dropoutRate: 0.3,
                        dropoutSeed: 9),
                ])
        },
    ]

    private static let normalization: [OpCase] = [
        OpCase("rmsNorm", "", x(3, 5), x(5, seed: 2)) {
            $0[0].rmsNorm(weight: $0[1], epsilon: 1e-5)
        },
        OpCase("layerNorm", "", x(3, 5), x(5, seed: 2), x(5, seed: 3)) {
            $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 1e-5)
        },
        OpCase("rotated", "", x(3, 10)) {
            $0[0].rotated(
                RotaryTable(frequencies: [1, 0.1], positionCount: 8, type: .float64),
                positions: [0, 5, 7], heads: 2)
        },
    ]

    private static let grouped = AttentionHeads(query: 4, keyValue: 2, size: 2)

    private static let attention: [OpCase] = [
        OpCase("attention", "causal, grouped, packed", x(7, 16)) {
            $0[0].attention(
                heads: grouped,
                segments: [.init(start: 0, count: 4), .init(start: 4, count: 3)], isCausal: true)
        },
        OpCase("attention", "both ways", x(5, 16)) {
            $0[0].attention(
                heads: grouped, segments: [.init(start: 0, count: 5)], isCausal: false)
        },
        OpCase("attention", "shared prefix", x(8, 16)) {
            $0[0].attention(
                heads: grouped,
                segments: [
                    .init(start: 0, count: 3), .init(start: 3, count: 2, parent: 0),
                    .init(start: 5, count: 3, parent: 0),
                ], isCausal: true)
        },
    ]

    private static let convolution: [OpCase] = [
        OpCase("convolution2D", "", x(2, 4, 5, 2), x(3, 3, 2, 2, seed: 2), x(3, seed: 3)) {
            $0[0].convolution2D(
                $0[1], bias: $0[2], stride: 2, padding: Padding(top: 1, right: 1))
        },
        OpCase("convolution2D", "two strides", x(1, 5, 7, 1), x(2, 2, 3, 1, seed: 2)) {
            $0[0].convolution2D($0[1], strides: (rows: 2, columns: 3))
        },
        OpCase("convolution2D", "pointwise", x(1, 2, 2, 3), x(2, 1, 1, 3, seed: 2)) {
            $0[0].convolution2D($0[1])
        },
        OpCase("convolution1D", "", x(2, 6, 2), x(3, 3, 2, seed: 2), x(3, seed: 3)) {
            $0[0].convolution1D($0[1], bias: $0[2], stride: 2, padding: 1)
        },
        OpCase(
            "depthwiseConvolution2D", "", x(2, 4, 4, 3), x(3, 3, 3, seed: 2), x(3, seed: 3)
        ) {
            $0[0].depthwiseConvolution2D(
                $0[1], bias: $0[2], stride: 2,
                padding: .same(height: 4, width: 4, kernel: 3, stride: 2))
        },
    ]

    /// Two windows of four rows of 2 heads; the second one is of two regions.
    private static let windows = AttentionWindows(
        rows: [0, 3, 6, 1, 7, 2, 5, 4], size: 4, regions: [0, 0, 0, 0, 1, 2, 1, 2])

    /// Untracked inputs take the fused way, so differences of it are compared with the single steps.
    private static let fused: [OpCase] = [
        OpCase("activatedLinear", "erf", x(3, 4), x(5, 4, seed: 2), x(5, seed: 3)) {
            $0[0].activatedLinear($0[1], bias: $0[2], .erf)
        },
        OpCase("activatedLinear", "tanh", x(6, 4), x(5, 4, seed: 2), x(5, seed: 3)) {
            $0[0].activatedLinear($0[1], bias: $0[2], .tanh)
        },
        OpCase("activatedLinear", "quick", x(3, 4), x(5, 4, seed: 2), x(5, seed: 3)) {
            $0[0].activatedLinear($0[1], bias: $0[2], .quick)
        },
        OpCase(
            "addingLinear", "", x(3, 5, seed: 4), x(3, 4), x(5, 4, seed: 2), x(5, seed: 3)
        ) {
            $0[0].addingLinear(of: $0[1], $0[2], bias: $0[3])
        },
        OpCase("windowAttention", "regions", x(8, 12), x(2, 4, 4, seed: 2)) {
            $0[0].windowAttention(headCount: 2, windows: windows, bias: $0[1])
        },
        OpCase("windowAttention", "of one piece", x(8, 12), x(2, 4, 4, seed: 2)) {
            $0[0].windowAttention(
                headCount: 2, windows: AttentionWindows(rows: windows.rows, size: 4),
                bias: $0[1])
        },
    ]
}
