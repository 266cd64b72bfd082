internal import Kernels

extension Tensor {
    /// The element-wise sum, shapes broadcast from the last axis.
    ///
    /// Shapes: a, b → their common shape. Pullback: da = dy, db = dy, summed where repeated.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        let (aShape, bShape) = (a.shape, b.shape)
        return combine(.add, a, b).derived(from: [a, b]) { dy in
            [Broadcasting.reduce(dy, to: aShape), Broadcasting.reduce(dy, to: bShape)]
        }
    }

    /// The element-wise difference.
    ///
    /// Shapes: a, b → their common shape. Pullback: da = dy, db = −dy.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        let (aShape, bShape) = (a.shape, b.shape)
        return combine(.subtract, a, b).derived(from: [a, b]) { dy in
            [
                Broadcasting.reduce(dy, to: aShape),
                Broadcasting.reduce(dy.scaled(by: -1), to: bShape),
            ]
        }
    }

    /// The element-wise product.
    ///
    /// Shapes: a, b → their common shape. Pullback: da = dy ⊙ b, db = dy ⊙ a.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        let (left, right) = (a.detached(), b.detached())
        let (needsLeft, needsRight) = (a.isTracked, b.isTracked)
        return combine(.multiply, a, b).derived(from: [a, b]) { dy in
            [
                needsLeft
                    ? Broadcasting.reduce(combine(.multiply, dy, right), to: left.shape) : nil,
                needsRight
                    ? Broadcasting.reduce(combine(.multiply, dy, left), to: right.shape) : nil,
            ]
        }
    }

    /// The element-wise quotient.
    ///
    /// Shapes: a, b → their common shape. Pullback: da = dy / b, db = −dy ⊙ a / b².
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        let (left, right) = (a.detached(), b.detached())
        return combine(.divide, a, b).derived(from: [a, b]) { dy in
            let da = combine(.divide, dy, right)
            let db = combine(.divide, combine(.multiply, da, left), right).scaled(by: -1)
            return [
                Broadcasting.reduce(da, to: left.shape), Broadcasting.reduce(db, to: right.shape),
            ]
        }
    }

    /// Every element times a number.
    ///
    /// Pullback: dx = scale · dy.
    public func scaled(by scale: Double) -> Tensor {
        Tensor(Elementwise.affine(scalars, scale: scale), shape: shape)
            .derived(from: [self]) { dy in [dy.scaled(by: scale)] }
    }

    /// Every element plus a number.
    ///
    /// Pullback: dx = dy.
    public func adding(_ offset: Double) -> Tensor {
        Tensor(Elementwise.affine(scalars, scale: 1, offset: offset), shape: shape)
            .derived(from: [self]) { dy in [dy] }
    }

    private static func combine(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(
            a.scalarType == b.scalarType, "\(operation): \(a.scalarType) and \(b.scalarType)")
        if a.shape == b.shape {
            let count = a.scalarCount
            return Tensor(
                Elementwise.combine(
                    operation, a.scalars, strides: [1], b.scalars, strides: [1], shape: [count]),
                shape: a.shape)
        }
        guard let shape = Broadcasting.shape(a.shape, b.shape) else {
            preconditionFailure("\(operation): \(a.shape) and \(b.shape) do not broadcast")
        }
        return Tensor(
            Elementwise.combine(
                operation, a.scalars, strides: Broadcasting.strides(a.shape, in: shape),
                b.scalars, strides: Broadcasting.strides(b.shape, in: shape), shape: shape),
            shape: shape)
    }
}
