public import Tensors

/// The low-rank adapter of one linear map.
///
/// Formula: y += s·B·(A·dropout(x)); with a decomposition, that of `WeightDecomposition`
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
    /// The lengths of the weight's rows, when they are trained apart (DoRA).
    public let decomposition: WeightDecomposition?

    /// The adapter as the linear op takes it, acting on some rows of a packed output.
    ///
    /// The dropout mask is a function of the seed and the adapter; nil switches dropout off.
    func operand(outputs: Range<Int>, dropoutSeed: UInt64?) -> LowRankAdapter {
        guard let mask = mask(dropoutSeed) else {
            return LowRankAdapter(a: a.tensor, b: b.tensor, scale: settings.scale, outputs: outputs)
        }
        return LowRankAdapter(
            a: a.tensor, b: b.tensor, scale: settings.scale, outputs: outputs,
            dropoutRate: settings.dropoutRate, dropoutSeed: mask)
    }

    /// What the rows of W·x + s·B·A·x are multiplied by, [outputs]; nil without a decomposition.
    var gain: Tensor? {
        decomposition?.gain(a: a, b: b, scale: settings.scale)
    }

    /// What a decomposed adapter adds to W·x + b where it drops inputs.
    ///
    /// Formula: (g - 1) ⊙ W·x̃ + g ⊙ s·B·A·x̃
    /// Shapes:  [t, inputs] → [t, outputs]
    /// Traps:   when the adapter has no decomposition
    func change(of x: Tensor, dropoutSeed: UInt64?) -> Tensor {
        guard let decomposition, let gain else {
            preconditionFailure("\(module): is adapted without a decomposition")
        }
        let dropped =
            mask(dropoutSeed).map { x.dropout(rate: settings.dropoutRate, seed: $0) } ?? x
        let own = dropped.linear(decomposition.weight.weight)
        let low = dropped.linear(a.tensor).linear(b.tensor).scaled(by: settings.scale)
        return (own + low) * gain - own
    }

    private func mask(_ dropoutSeed: UInt64?) -> UInt64? {
        guard let dropoutSeed, settings.dropoutRate > 0 else { return nil }
        var stream = RandomStream(seed: dropoutSeed, name: module)
        return stream.next()
    }

    /// What the adapter adds to the weight when it is merged, [outputs, inputs]; a decomposition rescales
    /// the sum's rows.
    ///
    /// Formula: ΔW = s·B·A
    public var weightChange: Tensor {
        b.value.matmul(a.value).scaled(by: settings.scale)
    }
}
