import Layers
import Tensors
import Testing

@Suite struct NormalizedConvolution2DTests {
    private static let epsilon = 1e-3

    private static func weights(
        _ values: [Float], shape: [Int], gain: [Float], shift: [Float], mean: [Float],
        variance: [Float]
    ) -> DictionaryWeights {
        let count = gain.count
        return DictionaryWeights([
            "conv.weight": (shape, values), "norm.weight": ([count], gain),
            "norm.bias": ([count], shift), "norm.running_mean": ([count], mean),
            "norm.running_var": ([count], variance),
        ])
    }

    @Test func foldingEqualsConvolutionThenNormalisation() throws {
        let source = Self.weights(
            [1, 2, -1, 0.5], shape: [2, 2, 1, 1], gain: [2, 0.5], shift: [0.1, -0.2],
            mean: [0.3, 0.4], variance: [4, 0.25])
        let layer = try Blueprint(source: source).assemble { scope in
            try NormalizedConvolution2D(
                inputs: 2, outputs: 2, side: 1, normEpsilon: Self.epsilon,
                convolution: scope / "conv", norm: scope / "norm")
        }.model
        let x: [Float] = [3, -2]
        let y = layer(Tensor(x, shape: [1, 1, 1, 2])).floats
        let plain: [Float] = [3 * 1 - 2 * 2, -3 - 2 * 0.5]
        let expected = [
            (plain[0] - 0.3) / (Float(4) + 1e-3).squareRoot() * 2 + 0.1,
            (plain[1] - 0.4) / (Float(0.25) + 1e-3).squareRoot() * 0.5 - 0.2,
        ]
        #expect(zip(y, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func strideTwoPadsAtTheEndAsTensorFlowDoes() throws {
        let source = Self.weights(
            [1, 0, 0, 0, 0, 0, 0, 0, 0], shape: [1, 1, 3, 3], gain: [1], shift: [0], mean: [0],
            variance: [Float(1 - Self.epsilon)])
        let layer = try Blueprint(source: source).assemble { scope in
            try NormalizedConvolution2D(
                inputs: 1, outputs: 1, side: 3, stride: 2, isDepthwise: true,
                normEpsilon: Self.epsilon, convolution: scope / "conv", norm: scope / "norm")
        }.model
        let y = layer(Tensor((0..<16).map(Float.init), shape: [1, 4, 4, 1]))
        #expect(y.shape == [1, 2, 2, 1])
        #expect(zip(y.floats, [0, 2, 8, 10]).allSatisfy { abs($0 - Float($1)) < 1e-5 })
    }

    @Test func negativeVariancesAreErrors() throws {
        let source = Self.weights(
            [1], shape: [1, 1, 1, 1], gain: [1], shift: [0], mean: [0], variance: [-1])
        let error = try #require(throws: LayerError.self) {
            try Blueprint(source: source).assemble { scope in
                try NormalizedConvolution2D(
                    inputs: 1, outputs: 1, side: 1, normEpsilon: Self.epsilon,
                    convolution: scope / "conv", norm: scope / "norm")
            }
        }
        #expect(error.subject == "norm.running_var")
    }

    @Test func itCanNotBeTrained() throws {
        let source = Self.weights(
            [1], shape: [1, 1, 1, 1], gain: [1], shift: [0], mean: [0], variance: [1])
        let error = try #require(throws: LayerError.self) {
            try Blueprint(source: source, plan: .everything).assemble { scope in
                try NormalizedConvolution2D(
                    inputs: 1, outputs: 1, side: 1, normEpsilon: Self.epsilon,
                    convolution: scope / "conv", norm: scope / "norm")
            }
        }
        #expect(error.kind == .plan)
    }
}
