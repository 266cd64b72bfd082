import Kernels
public import Tensors

/// What weight-decomposed adaptation (DoRA) adds to an adapter: each row of the adapted weight has a
/// trained length of its own.
///
/// Formula: y = g ⊙ (W·x + s·B·A·x) + b, g = m / ‖W + s·B·A‖ of each row; with x̃ = dropout(x):
///          y = W·x + b + (g - 1) ⊙ W·x̃ + g ⊙ s·B·A·x̃
/// Shapes:  m, g [outputs]
/// Pullback: the lengths ‖W + s·B·A‖ are constants, so dm = dg / ‖W + s·B·A‖ and nothing of it to A and B
/// Source:  Liu et al. 2024 (arXiv:2402.09353), section 4.3 for the constant; PEFT's DoraLinearLayer
public final class WeightDecomposition {
    /// The rows' lengths, m.
    public let magnitude: Parameter
    /// The frozen weight, W.
    let weight: Parameter

    private let norms: RowNorms
    private var kept: (revisions: [Int], norms: Tensor)?

    init(magnitude: Parameter, weight: Parameter, norms: RowNorms) {
        self.magnitude = magnitude
        self.weight = weight
        self.norms = norms
    }

    /// g, [outputs]; the lengths are computed anew only when a factor has changed.
    func gain(a: Parameter, b: Parameter, scale: Double) -> Tensor {
        let revisions = [a.revision, b.revision]
        let lengths: Tensor
        if let kept, kept.revisions == revisions {
            lengths = kept.norms
        } else {
            lengths = norms.adapted(a: a.value, b: b.value, scale: scale)
            kept = (revisions, lengths)
        }
        return magnitude.tensor / lengths
    }

    /// A whole weight with its rows brought to the lengths m.
    ///
    /// Formula: m ⊙ V / ‖V‖ of each row
    /// Shapes:  V [outputs, inputs], m [outputs] → [outputs, inputs]
    public static func rescaled(_ weight: Tensor, to magnitude: Tensor) -> Tensor {
        let gain = magnitude / (weight * weight).sum(axes: [1]).squareRoot()
        return weight * gain.reshaped([weight.shape[0], 1])
    }
}

/// The lengths of the rows of a frozen weight with a low-rank change, without making that sum.
///
/// Formula: ‖w + s·b·A‖² = ‖w‖² + 2s·b·(A·w) + s²·b·(A·Aᵀ)·bᵀ for each row w of W and b of B
struct RowNorms {
    private let weight: Weight
    /// ‖w‖² of each row, [outputs]
    private let squares: Tensor

    /// Rows of W that are expanded together.
    private static let rowsAtOnce = 256

    /// Measures the rows of W; sums are taken in Double.
    init(_ weight: Weight) {
        self.weight = weight
        let count = weight.shape[0]
        let parts = stride(from: 0, to: count, by: Self.rowsAtOnce).map { start -> Tensor in
            let rows = (start..<min(start + Self.rowsAtOnce, count)).map { Int32($0) }
            let part = weight.gatheringRows(rows).converted(to: .float64)
            return (part * part).sum(axes: [1])
        }
        squares = Tensor.concatenated(parts, axis: 0).converted(to: weight.scalarType)
    }

    /// ‖W + s·B·A‖ of each row, [outputs].
    func adapted(a: Tensor, b: Tensor, scale: Double) -> Tensor {
        let crossed = (b.transposed([1, 0]) * a.linear(weight)).sum(axes: [0])
        let own = (b.matmul(a.matmul(a, transposingOther: true)) * b).sum(axes: [1])
        return (squares + crossed.scaled(by: 2 * scale) + own.scaled(by: scale * scale))
            .squareRoot()
    }
}
