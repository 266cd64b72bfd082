internal import CKernels

/// Functions of one element.
public enum UnaryOperation: Sendable, CaseIterable {
    case exponential, logarithm, squareRoot, sigmoid, tanh, siLU, geluErf, geluTanh, geluQuick
    case relu, relu6, negate

    var code: duet_unary_operation {
        switch self {
        case .exponential: DUET_EXP
        case .logarithm: DUET_LOG
        case .squareRoot: DUET_SQRT
        case .sigmoid: DUET_SIGMOID
        case .tanh: DUET_TANH
        case .siLU: DUET_SILU
        case .geluErf: DUET_GELU_ERF
        case .geluTanh: DUET_GELU_TANH
        case .geluQuick: DUET_GELU_QUICK
        case .relu: DUET_RELU
        case .relu6: DUET_RELU6
        case .negate: DUET_NEGATE
        }
    }
}

/// The four operations of arithmetic.
public enum BinaryOperation: Sendable {
    case add, subtract, multiply, divide

    var code: duet_binary_operation {
        switch self {
        case .add: DUET_ADD
        case .subtract: DUET_SUBTRACT
        case .multiply: DUET_MULTIPLY
        case .divide: DUET_DIVIDE
        }
    }
}

/// Element by element.
public enum Elementwise {
    /// Scalars a thread should have at least, so that waking it pays.
    static let grain = 16_384

    /// y = f(x)
    public static func apply(_ operation: UnaryOperation, _ x: Scalars) -> Scalars {
        let y = Scalars(uninitialized: x.count, x.type)
        Parallel.ranges(x.count, grain: grain, alignment: 64) { range in
            duet_unary(
                x.type.code, operation.code, range.count, x.address(at: range.lowerBound),
                y.address(at: range.lowerBound))
        }
        return y
    }

    /// dx = dy · f'(x), with y = f(x) at hand.
    public static func pullback(
        _ operation: UnaryOperation, x: Scalars, y: Scalars, dy: Scalars
    ) -> Scalars {
        let dx = Scalars(uninitialized: x.count, x.type)
        Parallel.ranges(x.count, grain: grain, alignment: 64) { range in
            let start = range.lowerBound
            duet_unary_pullback(
                x.type.code, operation.code, range.count, x.address(at: start),
                y.address(at: start), dy.address(at: start), dx.address(at: start))
        }
        return dx
    }

    /// a (op) b over `shape`; a stride of 0 repeats an operand along that axis.
    public static func combine(
        _ operation: BinaryOperation, _ a: Scalars, strides aStrides: [Int], _ b: Scalars,
        strides bStrides: [Int], shape: [Int]
    ) -> Scalars {
        let y = Scalars(uninitialized: shape.reduce(1, *), a.type)
        guard y.count > 0 else { return y }
        let outer = shape.first ?? 1
        let block = y.count / max(outer, 1)
        Parallel.ranges(outer, grain: max(1, grain / max(block, 1))) { range in
            var part = shape
            if !part.isEmpty { part[0] = range.count }
            duet_binary(
                a.type.code, operation.code, Int32(part.count), part,
                aStrides, bStrides,
                a.address(at: range.lowerBound * (aStrides.first ?? 0)),
                b.address(at: range.lowerBound * (bStrides.first ?? 0)),
                y.address(at: range.lowerBound * block))
        }
        return y
    }

    /// scale · x + offset
    public static func affine(_ x: Scalars, scale: Double, offset: Double = 0) -> Scalars {
        let y = Scalars(uninitialized: x.count, x.type)
        Parallel.ranges(x.count, grain: grain, alignment: 64) { range in
            duet_affine(
                x.type.code, range.count, scale, offset, x.address(at: range.lowerBound),
                y.address(at: range.lowerBound))
        }
        return y
    }

    /// a + scale · b, in new memory.
    public static func sum(_ a: Scalars, _ b: Scalars, scale: Double = 1) -> Scalars {
        precondition(a.count == b.count, "sum: \(a.count) and \(b.count) scalars")
        if scale == 1 {
            return combine(.add, a, strides: [1], b, strides: [1], shape: [a.count])
        }
        let y = copy(a)
        add(b, scale: scale, to: y)
        return y
    }

    /// y += scale · x, in place: only for memory that nobody else reads.
    package static func add(_ x: Scalars, scale: Double = 1, to y: Scalars) {
        precondition(x.count == y.count, "add: \(x.count) to \(y.count) scalars")
        Parallel.ranges(x.count, grain: grain, alignment: 64) { range in
            duet_add_scaled(
                x.type.code, range.count, scale, x.address(at: range.lowerBound),
                y.address(at: range.lowerBound))
        }
    }

    /// The same values in memory of their own.
    public static func copy(_ x: Scalars) -> Scalars {
        let y = Scalars(uninitialized: x.count, x.type)
        y.address.copyMemory(from: x.address, byteCount: x.count * x.type.byteCount)
        return y
    }

    /// Sets each element to 0 with probability `rate` and scales the others by 1 / (1 − rate).
    ///
    /// The choice depends on (seed, index) only, so the pullback is the same call on dy.
    public static func dropout(_ x: Scalars, rate: Double, seed: UInt64) -> Scalars {
        let y = Scalars(uninitialized: x.count, x.type)
        Parallel.ranges(x.count, grain: grain, alignment: 64) { range in
            duet_dropout(
                x.type.code, range.count, rate, seed, UInt64(range.lowerBound),
                x.address(at: range.lowerBound), y.address(at: range.lowerBound))
        }
        return y
    }

    /// y = silu(gate) ⊙ up for rows of gate | up. x [rows, 2 · width] → y [rows, width]
    public static func swiGLU(_ x: Scalars, width: Int) -> Scalars {
        let rows = x.count / (2 * max(width, 1))
        let y = Scalars(uninitialized: rows * width, x.type)
        Parallel.ranges(rows, grain: grain / max(width, 1) + 1) { range in
            duet_swiglu(
                x.type.code, range.count, width, x.address(at: range.lowerBound * 2 * width),
                y.address(at: range.lowerBound * width))
        }
        return y
    }

    /// dx [rows, 2 · width] of `swiGLU`.
    public static func swiGLUPullback(_ x: Scalars, dy: Scalars, width: Int) -> Scalars {
        let dx = Scalars(uninitialized: x.count, x.type)
        Parallel.ranges(dy.count / max(width, 1), grain: grain / max(width, 1) + 1) { range in
            duet_swiglu_pullback(
                x.type.code, range.count, width, x.address(at: range.lowerBound * 2 * width),
                dy.address(at: range.lowerBound * width),
                dx.address(at: range.lowerBound * 2 * width))
        }
        return dx
    }
}
