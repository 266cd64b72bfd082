internal import Kernels

extension Tensor {
    /// The sum over some axes, which disappear; all axes by default.
    ///
    /// Shapes: [2, 3, 4].sum(axes: [1]) → [2, 4]. Pullback: dx = dy, repeated.
    public func sum(axes: [Int]? = nil) -> Tensor {
        let axes = Set(axes ?? Array(shape.indices))
        precondition(axes.allSatisfy(shape.indices.contains), "sum: axes \(axes) of \(shape)")
        let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
        let source = shape
        let reduced = Broadcasting.reduce(detached(), to: kept)
        let result = shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
        return Tensor(reduced.scalars, shape: result).derived(from: [self]) { dy in
            [
                Tensor(
                    Movement.strided(
                        dy.scalars, shape: source,
                        strides: Broadcasting.strides(kept, in: source)),
                    shape: source)
            ]
        }
    }

    /// The mean over some axes, which disappear; all axes by default.
    ///
    /// Pullback: dx = dy / count, repeated.
    public func mean(axes: [Int]? = nil) -> Tensor {
        let sum = sum(axes: axes)
        return sum.scaled(by: Double(sum.scalarCount) / Double(Swift.max(scalarCount, 1)))
    }

    /// The largest element along an axis, which disappears.
    ///
    /// Pullback: dx = dy at the first largest element, 0 elsewhere.
    public func max(axis: Int) -> Tensor {
        precondition(
            shape.indices.contains(axis) && shape[axis] > 0, "max: axis \(axis) of \(shape)")
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *)
        let (values, indices) = Reductions.maximum(
            scalars, outer: outer, shape[axis], inner: inner)
        var result = shape
        result.remove(at: axis)
        let (source, length) = (shape, shape[axis])
        return Tensor(values, shape: result).derived(from: [self]) { dy in
            let rows = indices.enumerated().map { index, best in
                Int32(index / inner * length * inner + Int(best) * inner + index % inner)
            }
            return [
                Tensor(
                    Movement.scatterAdd(
                        dy.scalars, rows: rows, rowCount: outer * length * inner, width: 1),
                    shape: source)
            ]
        }
    }
}
