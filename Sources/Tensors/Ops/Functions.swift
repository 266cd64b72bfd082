internal import Kernels

/// The forms of GELU in use.
public enum GELUForm: Sendable, Hashable {
    /// x Φ(x), by the error function.
    case erf
    /// The tanh approximation of Hendrycks & Gimpel 2016 (arXiv:1606.08415).
    case tanh
    /// x σ(1.702 x), CLIP's.
    case quick
}

extension Tensor {
    private func applying(
        _ operation: UnaryOperation, by name: StaticString = #function
    ) -> Tensor {
        let x = detached()
        let y = Tensor(Elementwise.apply(operation, scalars), shape: shape)
        return y.derived(from: [self], operation: name) { dy in
            [
                Tensor(
                    Elementwise.pullback(
                        operation, x: x.scalars, y: y.scalars, dy: dy.scalars),
                    shape: y.shape)
            ]
        }
    }

    /// eˣ of every element. Pullback: dx = y ⊙ dy.
    public func exponential() -> Tensor { applying(.exponential) }

    /// The natural logarithm. Pullback: dx = dy / x.
    public func logarithm() -> Tensor { applying(.logarithm) }

    /// The square root. Pullback: dx = dy / (2 y).
    public func squareRoot() -> Tensor { applying(.squareRoot) }

    /// σ(x) = 1 / (1 + e⁻ˣ). Pullback: dx = dy ⊙ y (1 − y).
    public func sigmoid() -> Tensor { applying(.sigmoid) }

    /// The hyperbolic tangent. Pullback: dx = dy ⊙ (1 − y²).
    public func tanh() -> Tensor { applying(.tanh) }

    /// x σ(x). Pullback: dx = dy ⊙ σ (1 + x (1 − σ)).
    ///
    /// Source: Elfwing et al. 2017 (arXiv:1702.03118)
    public func siLU() -> Tensor { applying(.siLU) }

    /// x Φ(x) in one of its forms. Pullback: dx = dy ⊙ (Φ(x) + x φ(x)), or the form's own slope.
    ///
    /// Source: Hendrycks & Gimpel 2016 (arXiv:1606.08415)
    public func gelu(_ form: GELUForm = .erf) -> Tensor {
        switch form {
        case .erf: applying(.geluErf)
        case .tanh: applying(.geluTanh)
        case .quick: applying(.geluQuick)
        }
    }

    /// max(x, 0). Pullback: dx = dy where x > 0.
    public func relu() -> Tensor { applying(.relu) }

    /// min(max(x, 0), 6). Pullback: dx = dy where 0 < x < 6.
    public func relu6() -> Tensor { applying(.relu6) }

    /// SwiGLU's product of rows that hold gate | up.
    ///
    /// Formula: y = silu(gate) ⊙ up
    /// Shapes: [t, 2 f] → [t, f]
    /// Pullback: dgate = dy ⊙ up ⊙ silu'(gate), dup = dy ⊙ silu(gate)
    /// Source: Shazeer 2020 (arXiv:2002.05202)
    public func swiGLU() -> Tensor {
        precondition(
            rank == 2 && shape[1] % 2 == 0, "swiGLU: \(shape) is not [rows, 2 · width]")
        let width = shape[1] / 2
        let x = detached()
        return Tensor(Elementwise.swiGLU(scalars, width: width), shape: [shape[0], width])
            .derived(
                from: [self], remaking: { Elementwise.swiGLU(x.scalars, width: width) }
            ) { dy in
                [
                    Tensor(
                        Elementwise.swiGLUPullback(x.scalars, dy: dy.scalars, width: width),
                        shape: x.shape)
                ]
            }
    }

    /// Elements set to 0 with probability `rate`, the others divided by 1 − rate.
    ///
    /// The choice is a function of (seed, position). Pullback: the same choice applied to dy.
    /// Source: Srivastava et al. 2014
    public func dropout(rate: Double, seed: UInt64) -> Tensor {
        precondition(rate >= 0 && rate < 1, "dropout: rate \(rate) is not in 0..<1")
        if rate == 0 { return self }
        return Tensor(Elementwise.dropout(scalars, rate: rate, seed: seed), shape: shape)
            .derived(from: [self]) { dy in
                [
                    Tensor(
                        Elementwise.dropout(dy.scalars, rate: rate, seed: seed), shape: dy.shape)
                ]
            }
    }

    /// softmax over the last axis.
    ///
    /// Formula: yᵢ = exp(xᵢ) / Σ exp(xⱼ). Pullback: dx = y ⊙ (dy − Σ dy ⊙ y).
    public func softmax() -> Tensor {
        guard let width = shape.last else { preconditionFailure("softmax: a number has no axis") }
        let y = Tensor(Reductions.softmax(scalars, width: width), shape: shape)
        return y.derived(from: [self]) { dy in
            [
                Tensor(
                    Reductions.softmaxPullback(y: y.scalars, dy: dy.scalars, width: width),
                    shape: y.shape)
            ]
        }
    }
}
