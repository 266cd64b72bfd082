import Kernels
import Layers
import Tensors

/// One layer of an encoder that normalises first: Whisper's, CLIP's and SigLIP's.
///
/// Formula: h = x + O·attend([Q; K; V]·norm(x)); y = h + W₂·gelu(W₁·norm(h))
/// Shapes:  x [t, hidden] → [t, hidden], all sequences one after the other
struct EncoderLayer {
    /// The sizes and constants of a layer.
    struct Sizes {
        var hiddenSize: Int
        var feedForwardSize: Int
        var headCount: Int
        var normEpsilon: Double
        var activation: GELUForm
        var keyHasBias: Bool
    }

    /// What a family calls the parts of a layer.
    struct Names {
        var attentionNorm: String
        var feedForwardNorm: String
        /// What `fc1` and `fc2` stand below; nil for the layer itself.
        var feedForward: String?
    }

    private let heads: AttentionHeads
    private let attentionNorm: LayerNorm
    private let queryKeyValue: MergedLinear
    private let output: Linear
    private let feedForwardNorm: LayerNorm
    private let expand: Linear
    private let contract: Linear
    private let activation: GELUForm

    init(_ sizes: Sizes, names: Names, at scope: Scope) throws {
        let (size, inner) = (sizes.hiddenSize, sizes.feedForwardSize)
        activation = sizes.activation
        heads = AttentionHeads(
            query: sizes.headCount, keyValue: sizes.headCount, size: size / sizes.headCount)
        attentionNorm = try LayerNorm(
            size: size, epsilon: sizes.normEpsilon, at: scope / names.attentionNorm)
        queryKeyValue = try MergedLinear(
            [
                .init("q_proj", outputs: size, hasBias: true),
                .init("k_proj", outputs: size, hasBias: sizes.keyHasBias),
                .init("v_proj", outputs: size, hasBias: true),
            ], inputs: size, at: scope / "self_attn")
        output = try Linear(
            inputs: size, outputs: size, hasBias: true, at: scope / "self_attn" / "out_proj")
        feedForwardNorm = try LayerNorm(
            size: size, epsilon: sizes.normEpsilon, at: scope / names.feedForwardNorm)
        let feedForward = names.feedForward.map { scope / $0 } ?? scope
        expand = try Linear(inputs: size, outputs: inner, hasBias: true, at: feedForward / "fc1")
        contract = try Linear(inputs: inner, outputs: size, hasBias: true, at: feedForward / "fc2")
    }

    func callAsFunction(_ x: Tensor, segments: [AttentionSegment]) -> Tensor {
        let attended = queryKeyValue(attentionNorm(x))
            .attention(heads: heads, segments: segments, isCausal: false)
        let h = output.added(to: x, attended)
        return contract.added(to: h, expand.activated(feedForwardNorm(h), activation))
    }
}
