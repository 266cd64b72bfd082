public import Tensors

/// The low-rank adapter of one linear map.
///
/// Formula: y += s·B·(A·dropout(x))
/// Shapes:  A [r, inputs], B [outputs, r]
/// Source:  Hu et al. 2021 (arXiv:2106.09685)
public struct Adapter {
    /// The path of the adapted linear map, for instance `model.layers.0.self_attn.q_proj`.
    public let module: String
    /// The first factor, [rank, inputs].
    public let a: Parameter
    /// The second factor, [outputs, rank]; zero at the start.
    public let b: Parameter
    /// Rank, scale and dropout.
    public let settings: LowRankAdaptation.Settings

    /// The adapter as the linear op takes it, acting on some rows of a packed output.
    ///
    /// The dropout mask is a function of the seed and the adapter; nil switches dropout off.
    func operand(outputs: Range<Int>, dropoutSeed: UInt64?) -> LowRankAdapter {
        guard let dropoutSeed, settings.dropoutRate > 0 else {
            return LowRankAdapter(a: a.tensor, b: b.tensor, scale: settings.scale, outputs: outputs)
        }
        var stream = RandomStream(seed: dropoutSeed, name: module)
        return LowRankAdapter(
            a: a.tensor, b: b.tensor, scale: settings.scale, outputs: outputs,
            dropoutRate: settings.dropoutRate, dropoutSeed: stream.next())
    }

    /// What the adapter adds to the weight when it is merged, [outputs, inputs].
    ///
    /// Formula: ΔW = s·B·A
    public var weightChange: Tensor {
        b.value.matmul(a.value).scaled(by: settings.scale)
    }
}
