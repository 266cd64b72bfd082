internal import CKernels

/// Moving rows and axes about.
public enum Movement {
    /// A row-major copy of x seen with `strides`.
    public static func strided(_ x: Scalars, shape: [Int], strides: [Int]) -> Scalars {
        let y = Scalars(uninitialized: shape.reduce(1, *), x.type)
        guard y.count > 0 else { return y }
        let outer = shape.first ?? 1
        let block = y.count / outer
        Parallel.ranges(outer, grain: max(1, Elementwise.grain / block)) { range in
            var part = shape
            if !part.isEmpty { part[0] = range.count }
            duet_copy_strided(
                x.type.code, Int32(part.count), part, strides,
                x.address(at: range.lowerBound * (strides.first ?? 0)),
                y.address(at: range.lowerBound * block))
        }
        return y
    }

    /// Copies `parts` one after another: part i is [outer, widths[i]], the result [outer, Σ widths].
    public static func join(_ parts: [Scalars], widths: [Int], outer: Int) -> Scalars {
        let total = widths.reduce(0, +)
        let y = Scalars(uninitialized: outer * total, parts[0].type)
        let bytes = y.type.byteCount
        var column = 0
        for (part, width) in zip(parts, widths) {
            for row in 0..<(width == 0 ? 0 : outer) {
                y.address(at: row * total + column).copyMemory(
                    from: part.address(at: row * width), byteCount: width * bytes)
            }
            column += width
        }
        return y
    }

    /// Columns `range` of x [outer, width].
    public static func columns(
        _ range: Range<Int>, of x: Scalars, outer: Int, width: Int
    ) -> Scalars {
        let y = Scalars(uninitialized: outer * range.count, x.type)
        for row in 0..<(range.isEmpty ? 0 : outer) {
            y.address(at: row * range.count).copyMemory(
                from: x.address(at: row * width + range.lowerBound),
                byteCount: range.count * x.type.byteCount)
        }
        return y
    }

    /// zeros [outer, width] with x [outer, range.count] in columns `range`.
    public static func padColumns(
        _ x: Scalars, into range: Range<Int>, outer: Int, width: Int
    ) -> Scalars {
        let y = Scalars(repeating: 0, count: outer * width, type: x.type)
        for row in 0..<(range.isEmpty ? 0 : outer) {
            y.address(at: row * width + range.lowerBound).copyMemory(
                from: x.address(at: row * range.count),
                byteCount: range.count * x.type.byteCount)
        }
        return y
    }

    /// y[i] = x[rows[i]], rows of `width`.
    public static func gather(_ rows: [Int32], of x: Scalars, width: Int) -> Scalars {
        check(rows, against: x.count / max(width, 1))
        let y = Scalars(uninitialized: rows.count * width, x.type)
        rows.withUnsafeBufferPointer { rows in
            duet_gather_rows(x.type.code, rows.count, width, rows.baseAddress, x.address, y.address)
        }
        return y
    }

    /// base with x[i] added to row rows[i], in order; base nil = zeros [rowCount, width].
    public static func scatterAdd(
        _ x: Scalars, rows: [Int32], rowCount: Int, width: Int, to base: Scalars? = nil
    ) -> Scalars {
        check(rows, against: rowCount)
        let y =
            base.map(Elementwise.copy)
            ?? Scalars(repeating: 0, count: rowCount * width, type: x.type)
        rows.withUnsafeBufferPointer { rows in
            duet_scatter_add_rows(
                x.type.code, rows.count, width, rows.baseAddress, x.address, y.address)
        }
        return y
    }

    /// base with row rows[i] replaced by x[i]; x nil = by zeros.
    public static func replaceRows(
        _ rows: [Int32], of base: Scalars, width: Int, with x: Scalars?
    ) -> Scalars {
        check(rows, against: base.count / max(width, 1))
        let y = Elementwise.copy(base)
        for (index, row) in rows.enumerated() {
            let target = y.address(at: Int(row) * width)
            if let x {
                target.copyMemory(
                    from: x.address(at: index * width), byteCount: width * y.type.byteCount)
            } else {
                duet_fill(y.type.code, width, 0, target)
            }
        }
        return y
    }

    private static func check(_ rows: [Int32], against count: Int) {
        for row in rows where row < 0 || row >= count {
            preconditionFailure("rows: index \(row) of \(count) rows")
        }
    }

    /// Rotary position embedding of the first `heads` heads of each row, halves rotated against each
    /// other; `inverse` turns back (the pullback).
    public static func rotate(
        _ x: Scalars, stride: Int, heads: Int, size: Int, positions: [Int32],
        cosines: Scalars, sines: Scalars, inverse: Bool
    ) -> Scalars {
        check(positions, against: cosines.count / max(1, size / 2))
        precondition(
            x.count == positions.count * stride && heads * size <= stride,
            "rotate: \(x.count) scalars, \(positions.count) positions of \(stride)")
        let y = Scalars(uninitialized: x.count, x.type)
        positions.withUnsafeBufferPointer { positions in
            nonisolated(unsafe) let positions = positions  // Safety: read only.
            Parallel.ranges(positions.count, grain: Elementwise.grain / stride + 1) { range in
                duet_rotate(
                    x.type.code, range.count, stride, heads, size,
                    positions.baseAddress.map { $0 + range.lowerBound }, cosines.address,
                    sines.address, inverse ? -1 : 1, x.address(at: range.lowerBound * stride),
                    y.address(at: range.lowerBound * stride))
            }
        }
        return y
    }
}
