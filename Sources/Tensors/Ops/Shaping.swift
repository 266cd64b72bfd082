internal import Kernels

extension Tensor {
    /// The same elements under another shape; nothing is copied.
    ///
    /// Pullback: dx = dy in the old shape.
    public func reshaped(_ newShape: [Int]) -> Tensor {
        precondition(
            newShape.reduce(1, *) == scalarCount, "reshaped: \(shape) does not fill \(newShape)")
        let old = shape
        return Tensor(scalars, shape: newShape).derived(from: [self]) { dy in
            [Tensor(dy.scalars, shape: old)]
        }
    }

    /// The axes in another order: result axis i is axis `axes[i]`.
    ///
    /// Pullback: dx = dy with the order undone.
    public func transposed(_ axes: [Int]) -> Tensor {
        precondition(axes.sorted() == Array(shape.indices), "transposed: \(axes) of \(shape)")
        let strides = Broadcasting.strides(shape, in: shape)
        let inverse = axes.indices.map { axis in axes.firstIndex(of: axis) ?? axis }
        return Tensor(
            Movement.strided(
                scalars, shape: axes.map { shape[$0] }, strides: axes.map { strides[$0] }),
            shape: axes.map { shape[$0] }
        ).derived(from: [self]) { dy in [dy.transposed(inverse)] }
    }

    /// Part of one axis; along the first axis nothing is copied.
    ///
    /// Pullback: dx = dy in place, 0 elsewhere.
    public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
        precondition(
            shape.indices.contains(axis) && range.lowerBound >= 0
                && range.upperBound <= shape[axis],
            "slice: \(range) of axis \(axis) of \(shape)")
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *)
        let (start, count, width) = (
            range.lowerBound * inner, range.count * inner, shape[axis] * inner
        )
        var result = shape
        result[axis] = range.count
        let part =
            outer == 1
            ? scalars.part(from: start, count: count)
            : Movement.columns(start..<start + count, of: scalars, outer: outer, width: width)
        let source = shape
        return Tensor(part, shape: result).derived(from: [self]) { dy in
            [
                Tensor(
                    Movement.padColumns(
                        dy.scalars, into: start..<start + count, outer: outer, width: width),
                    shape: source)
            ]
        }
    }

    /// The tensor cut along one axis into parts of the given lengths.
    ///
    /// Pullback: as `slice`.
    public func split(axis: Int, counts: [Int]) -> [Tensor] {
        precondition(
            shape.indices.contains(axis) && counts.reduce(0, +) == shape[axis],
            "split: \(counts) of axis \(axis) of \(shape)")
        var start = 0
        return counts.map { count in
            defer { start += count }
            return slice(axis: axis, start..<start + count)
        }
    }

    /// Tensors one after another along an axis; all other axes agree.
    ///
    /// Pullback: each part gets its slice of dy.
    public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
        guard let first = parts.first else {
            preconditionFailure("concatenated: no parts")
        }
        for part in parts {
            var (a, b) = (part.shape, first.shape)
            precondition(
                a.count == b.count && a.indices.contains(axis),
                "concatenated: \(part.shape) and \(first.shape) along \(axis)")
            (a[axis], b[axis]) = (0, 0)
            precondition(a == b, "concatenated: \(part.shape) and \(first.shape) along \(axis)")
        }
        if parts.count == 1 { return first }
        let counts = parts.map { $0.shape[axis] }
        let outer = first.shape[..<axis].reduce(1, *)
        let inner = first.shape[(axis + 1)...].reduce(1, *)
        var result = first.shape
        result[axis] = counts.reduce(0, +)
        let tracked = parts.map(\.isTracked)
        return Tensor(
            Movement.join(parts.map(\.scalars), widths: counts.map { $0 * inner }, outer: outer),
            shape: result
        ).derived(from: parts) { dy in
            zip(dy.split(axis: axis, counts: counts), tracked).map { $1 ? $0 : nil }
        }
    }
}
