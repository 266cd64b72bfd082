import Layers
import Tensors

/// One layer of a LLaMA-family decoder.
///
/// Formula: h = x + O·attend([Q; K; V]·norm(x)); y = h + D·(SiLU(G·norm(h)) ⊙ U·norm(h))
/// Shapes:  x [t, hidden] → [t, hidden]
/// Source:  Touvron et al. 2023 (arXiv:2302.13971); Shazeer 2020 (arXiv:2002.05202) for SwiGLU
struct DecoderLayer {
    private let inputNorm: RMSNorm
    private let queryKeyValue: MergedLinear
    private let output: Linear
    private let feedForwardNorm: RMSNorm
    private let gateUp: MergedLinear
    private let down: Linear

    init(_ configuration: LanguageModelConfiguration, at scope: Scope) throws {
        let size = configuration.hiddenSize
        let inner = configuration.feedForwardSize
        let queryWidth = configuration.queryHeadCount * configuration.headSize
        let keyWidth = configuration.keyValueHeadCount * configuration.headSize
        let attentionBias = configuration.hasAttentionBias
        let feedForwardBias = configuration.hasFeedForwardBias
        let epsilon = configuration.normEpsilon
        let attention = scope / "self_attn"
        let feedForward = scope / "mlp"
        inputNorm = try RMSNorm(size: size, epsilon: epsilon, at: scope / "input_layernorm")
        queryKeyValue = try MergedLinear(
            [
                .init("q_proj", outputs: queryWidth, hasBias: attentionBias),
                .init("k_proj", outputs: keyWidth, hasBias: attentionBias),
                .init("v_proj", outputs: keyWidth, hasBias: attentionBias),
            ], inputs: size, at: attention)
        output = try Linear(
            inputs: queryWidth, outputs: size, hasBias: configuration.hasAttentionOutputBias,
            at: attention / "o_proj")
        feedForwardNorm = try RMSNorm(
            size: size, epsilon: epsilon, at: scope / "post_attention_layernorm")
        gateUp = try MergedLinear(
            [
                .init("gate_proj", outputs: inner, hasBias: feedForwardBias),
                .init("up_proj", outputs: inner, hasBias: feedForwardBias),
            ], inputs: size, at: feedForward)
        down = try Linear(
            inputs: inner, outputs: size, hasBias: feedForwardBias, at: feedForward / "down_proj")
    }

    /// Runs the layer; `attend` turns packed queries, keys and values into the attention's output.
    ///
    /// With `rows`, what follows the attention is computed at these rows only.
    func callAsFunction(
        _ x: Tensor, rows: [Int32]? = nil, dropoutSeed: UInt64?, attend: (Tensor) -> Tensor
    ) -> Tensor {
        let packed = queryKeyValue(inputNorm(x), dropoutSeed: dropoutSeed)
        var (x, attended) = (x, attend(packed))
        if let rows { (x, attended) = (x.gatheringRows(rows), attended.gatheringRows(rows)) }
        let h = x + output(attended, dropoutSeed: dropoutSeed)
        let gated = gateUp(feedForwardNorm(h), dropoutSeed: dropoutSeed).swiGLU()
        return h + down(gated, dropoutSeed: dropoutSeed)
    }
}
