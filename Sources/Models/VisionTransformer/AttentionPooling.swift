import Kernels
import Layers
import Tensors

/// SigLIP's head: one learnt query attends to all patches of a picture.
///
/// With one query, keys need not be computed: q·(W x + b) = (Wᵀ q)·x + q·b, and as the weights of a
/// softmax add up to 1, values are mapped after they have been averaged.
///
/// Formula: a = O·attend(probe; x, x); y = a + W₂·gelu(W₁·norm(a))
/// Shapes:  x [n · patches, hidden] → [n, hidden]
/// Source:  Zhai et al. 2022 (arXiv:2106.04560), names of torch.nn.MultiheadAttention
struct AttentionPooling {
    private let size: Int
    private let headCount: Int
    private let probe: Parameter
    private let inputWeight: Parameter
    private let inputBias: Parameter
    private let output: Linear
    private let norm: LayerNorm
    private let expand: Linear
    private let contract: Linear
    private let activation: GELUForm

    init(_ configuration: VisionTransformerConfiguration, at scope: Scope) throws {
        size = configuration.hiddenSize
        headCount = configuration.headCount
        activation = configuration.activation
        let attention = scope / "attention"
        probe = try scope.parameter("probe", shape: [1, 1, size], fill: .normal(deviation: 1))
        inputWeight = try attention.parameter(
            "in_proj_weight", shape: [3 * size, size], fill: .fanIn(size))
        inputBias = try attention.parameter("in_proj_bias", shape: [3 * size], fill: .zeros)
        output = try Linear(
            inputs: size, outputs: size, hasBias: true, at: attention / "out_proj")
        norm = try LayerNorm(
            size: size, epsilon: configuration.normEpsilon, at: scope / "layernorm")
        let inner = configuration.feedForwardSize
        let feedForward = scope / "mlp"
        expand = try Linear(inputs: size, outputs: inner, hasBias: true, at: feedForward / "fc1")
        contract = try Linear(inputs: inner, outputs: size, hasBias: true, at: feedForward / "fc2")
    }

    func callAsFunction(_ x: Tensor, pictureCount n: Int) -> Tensor {
        let (patches, headSize) = (x.shape[0] / n, size / headCount)
        let weights = inputWeight.tensor.split(axis: 0, counts: [size, size, size])
        let biases = inputBias.tensor.split(axis: 0, counts: [size, size, size])
        let query = probe.tensor.reshaped([1, size]).linear(weights[0], bias: biases[0])
            .scaled(by: 1 / Double(headSize).squareRoot())
        // The query of each head, zero elsewhere: [heads, hidden].
        let queries = query * headMask(type: x.scalarType)
        let scores = x.linear(
            queries.matmul(weights[1]),
            bias: queries.matmul(biases[1].reshaped([size, 1])).reshaped([headCount]))
        let p = scores.reshaped([n, patches, headCount]).transposed([0, 2, 1]).softmax()
        let averaged = p.matmul(x.reshaped([n, patches, size])).transposed([1, 0, 2])
        let values = averaged.matmul(
            weights[2].reshaped([headCount, headSize, size]), transposingOther: true)
        let attended = output(values.transposed([1, 0, 2]).reshaped([n, size]) + biases[2])
        return contract.added(to: attended, expand.activated(norm(attended), activation))
    }

    private func headMask(type: ScalarType) -> Tensor {
        let headSize = size / headCount
        let values = (0..<headCount * size).map { $0 % size / headSize == $0 / size ? 1.0 : 0 }
        return Tensor(doubles: values, shape: [headCount, size]).converted(to: type)
    }
}
