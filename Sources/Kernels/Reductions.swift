internal import CKernels

/// Sums, maxima and what is built on them.
public enum Reductions {
    /// x [outer, n, inner] → [outer, inner]
    public static func sum(_ x: Scalars, outer: Int, _ n: Int, inner: Int) -> Scalars {
        let y = Scalars(uninitialized: outer * inner, x.type)
        guard y.count > 0 else { return y }
        if outer == 1 && inner > 1 {
            // Columns: each thread owns some, so the order of additions does not depend on them.
            columns(x, n: n, inner: inner, into: y)
            return y
        }
        Parallel.ranges(outer, grain: max(1, Elementwise.grain / max(1, n * inner))) { range in
            duet_sum(
                x.type.code, range.count, n, inner, x.address(at: range.lowerBound * n * inner),
                y.address(at: range.lowerBound * inner))
        }
        return y
    }

    private static func columns(_ x: Scalars, n: Int, inner: Int, into y: Scalars) {
        duet_sum(x.type.code, 1, n, inner, x.address, y.address)
    }

    /// The largest of n, and where it first stands. x [outer, n, inner] → [outer, inner]
    public static func maximum(
        _ x: Scalars, outer: Int, _ n: Int, inner: Int
    ) -> (values: Scalars, indices: [Int32]) {
        let y = Scalars(uninitialized: outer * inner, x.type)
        var indices = [Int32](repeating: 0, count: outer * inner)
        duet_max(x.type.code, outer, n, inner, x.address, y.address, &indices)
        return (y, indices)
    }

    /// Σ x², accumulated in Double, in a fixed order of blocks.
    public static func sumOfSquares(_ x: Scalars) -> Double {
        let block = 1 << 16
        let count = (x.count + block - 1) / block
        var partial = [Double](repeating: 0, count: count)
        partial.withUnsafeMutableBufferPointer { partial in
            nonisolated(unsafe) let partial = partial  // Safety: each item writes its own element.
            Parallel.items(count) { index in
                let start = index * block
                partial[index] = duet_sum_of_squares(
                    x.type.code, min(block, x.count - start), x.address(at: start))
            }
        }
        return partial.reduce(0, +)
    }

    /// softmax over rows of `width`.
    public static func softmax(_ x: Scalars, width: Int) -> Scalars {
        let y = Scalars(uninitialized: x.count, x.type)
        guard width > 0 else { return y }
        Parallel.ranges(x.count / width, grain: Elementwise.grain / width + 1) { range in
            duet_softmax(
                x.type.code, range.count, width, x.address(at: range.lowerBound * width),
                y.address(at: range.lowerBound * width))
        }
        return y
    }

    /// dx = y ⊙ (dy − Σ dy ⊙ y)
    public static func softmaxPullback(y: Scalars, dy: Scalars, width: Int) -> Scalars {
        let dx = Scalars(uninitialized: y.count, y.type)
        guard width > 0 else { return dx }
        Parallel.ranges(y.count / width, grain: Elementwise.grain / width + 1) { range in
            let start = range.lowerBound * width
            duet_softmax_pullback(
                y.type.code, range.count, width, y.address(at: start), dy.address(at: start),
                dx.address(at: start))
        }
        return dx
    }
}
