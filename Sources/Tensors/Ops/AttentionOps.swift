public import Kernels

/// Cosines and sines of the rotary position embedding.
///
/// Formula: angle(p, i) = p · frequency[i], i < d / 2, rounded to Float as transformers does, whose
/// models were trained with these very angles
/// Source: Su et al. 2021 (arXiv:2104.09864)
public struct RotaryTable: Sendable {
    let cosines: Scalars
    let sines: Scalars
    /// Scalars of one head, d.
    public let headSize: Int
    /// Positions in the table.
    public let positionCount: Int

    /// Tables for positions 0..<positionCount from d / 2 frequencies in radians per position.
    public init(frequencies: [Double], positionCount: Int, type: ScalarType = .float32) {
        headSize = frequencies.count * 2
        self.positionCount = positionCount
        var angles: [Double] = []
        angles.reserveCapacity(positionCount * frequencies.count)
        for position in 0..<positionCount {
            for frequency in frequencies {
                angles.append(Double(Float(position) * Float(frequency)))
            }
        }
        cosines = Scalars(angles.map(cosine)).converted(to: type)
        sines = Scalars(angles.map(sine)).converted(to: type)
    }
}

extension Tensor {
    /// Rotates the first `heads` heads of every row by its position; the rest of the row is kept.
    ///
    /// Formula: (x₁, x₂) → (x₁ cos − x₂ sin, x₂ cos + x₁ sin) for the two halves of each head
    /// Shapes: [t, w] → [t, w], w ≥ heads · d
    /// Pullback: dx = dy rotated back
    /// Source: Su et al. 2021 (arXiv:2104.09864), in the half-split order of GPT-NeoX
    public func rotated(_ table: RotaryTable, positions: [Int32], heads: Int) -> Tensor {
        precondition(
            rank == 2 && shape[0] == positions.count && heads * table.headSize <= shape[1],
            "rotated: \(shape) with \(positions.count) positions, \(heads) heads of \(table.headSize)"
        )
        let width = shape[1]
        let rotate: @Sendable (Scalars, Bool) -> Scalars = { x, inverse in
            Movement.rotate(
                x, stride: width, heads: heads, size: table.headSize, positions: positions,
                cosines: table.cosines, sines: table.sines, inverse: inverse)
        }
        return Tensor(rotate(scalars, false), shape: shape).derived(from: [self]) { dy in
            [Tensor(rotate(dy.scalars, true), shape: dy.shape)]
        }
    }

    /// Attention over a packed batch of sequences; rows hold queries | keys | values.
    ///
    /// Formula: o = softmax(q kᵀ / √d) v inside every segment and its ancestors
    /// Shapes: [t, (hq + 2 hk) d] → [t, hq d]
    /// Pullback: dv = pᵀ do; ds = p ⊙ (do vᵀ − Σ do ⊙ o) / √d; dq = ds k; dk = dsᵀ q; p is computed again
    /// Source: Vaswani et al. 2017 (arXiv:1706.03762); Dao et al. 2022 (arXiv:2205.14135)
    /// Traps: when the segments do not cover the rows exactly once.
    public func attention(
        heads: AttentionHeads, segments: [AttentionSegment], isCausal: Bool
    ) -> Tensor {
        precondition(
            rank == 2 && shape[1] == heads.packedWidth,
            "attention: \(shape) is not [rows, \(heads.packedWidth)]")
        let packed = detached()
        let output = Attention.forward(
            scalars, heads: heads, segments: segments, isCausal: isCausal)
        return Tensor(output, shape: [shape[0], heads.outputWidth]).derived(from: [self]) { dy in
            [
                Tensor(
                    Attention.pullback(
                        packed.scalars, output: output, dy: dy.scalars, heads: heads,
                        segments: segments, isCausal: isCausal),
                    shape: packed.shape)
            ]
        }
    }
}
