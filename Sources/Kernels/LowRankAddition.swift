internal import CKernels

/// A small product that joins some columns of a large one's result.
///
/// Formula: result[:, columns] += factor · left · op(right)
public struct LowRankAddition: Sendable {
    let columns: Range<Int>
    let left: Matrix
    let right: Matrix
    let transposesRight: Bool
    let factor: Double

    /// Shapes: left [t, r], op(right) [r, columns.count]
    /// Traps:  when the shapes disagree
    public init(
        columns: Range<Int>, left: Matrix, _ right: Matrix, transposingRight: Bool = false,
        factor: Double = 1
    ) {
        let (rank, width) =
            transposingRight ? (right.columns, right.rows) : (right.rows, right.columns)
        precondition(
            left.columns == rank && width == columns.count,
            "addition: [\(left.rows), \(left.columns)] × [\(rank), \(width)] for "
                + "\(columns.count) columns")
        self.columns = columns
        self.left = left
        self.right = right
        self.transposesRight = transposingRight
        self.factor = factor
    }
}

extension MatrixProduct {
    /// result = a · weightᵀ, or a · weight, (+ result when beta is 1) + additions
    ///
    /// Where own loops run, the additions join while the result is still in registers; otherwise it
    /// is read and written again for each.
    /// Shapes: as for the product without additions
    public static func multiply(
        _ a: Matrix, _ weight: WeightMatrix, transposingB: Bool = false, into result: Matrix,
        beta: Double = 0, adding additions: [LowRankAddition]
    ) {
        if case .plain(let matrix) = weight, !additions.isEmpty,
            a.rows >= ownRows * Parallel.threadCount, usesOwnLoops(a.scalars.type, beta: beta),
            let parts = parts(of: result.columns, additions)
        {
            let (k, n) =
                transposingB ? (matrix.columns, matrix.rows) : (matrix.rows, matrix.columns)
            precondition(
                k == a.columns && k > 0 && result.rows == a.rows && result.columns == n,
                "multiply: [\(a.rows), \(a.columns)] × [\(k), \(n)] → "
                    + "[\(result.rows), \(result.columns)]")
            forEachBlock(of: result) { rows, columns in
                for (range, addition) in parts where range.overlaps(columns) {
                    ownProduct(
                        a, matrix, transposingB: transposingB, addition, into: result, rows: rows,
                        columns: range.clamped(to: columns), beta: beta)
                }
            }
            return
        }
        multiply(a, weight, transposingB: transposingB, into: result, beta: beta)
        for addition in additions {
            multiply(
                addition.left, addition.right, transposingB: addition.transposesRight,
                into: result.columns(addition.columns), alpha: addition.factor, beta: 1)
        }
    }

    /// All columns in order, each with the addition that is its own; nil when two want the same.
    private static func parts(
        of columns: Int, _ additions: [LowRankAddition]
    ) -> [(Range<Int>, LowRankAddition?)]? {
        var parts: [(Range<Int>, LowRankAddition?)] = []
        var end = 0
        for addition in additions.sorted(by: { $0.columns.lowerBound < $1.columns.lowerBound }) {
            let own = addition.columns
            guard own.lowerBound >= end else { return nil }
            if own.lowerBound > end { parts.append((end..<own.lowerBound, nil)) }
            parts.append((own, addition))
            end = own.upperBound
        }
        if end < columns { parts.append((end..<columns, nil)) }
        return parts
    }

    private static func ownProduct(
        _ a: Matrix, _ b: Matrix, transposingB: Bool, _ addition: LowRankAddition?,
        into result: Matrix, rows: Range<Int>, columns: Range<Int>, beta: Double
    ) {
        let work = Scalars(
            uninitialized: duet_product_work(columns.count, a.columns, addition?.left.columns ?? 0),
            .float32)
        withExtendedLifetime(work) {
            func run(_ joined: UnsafePointer<duet_addition>?) {
                duet_product(
                    rows.count, columns.count, a.columns, a.operand(row: rows.lowerBound),
                    b.operand(transposed: transposingB, column: columns.lowerBound), joined,
                    result.floats(row: rows.lowerBound, column: columns.lowerBound),
                    result.stride, 1, beta == 0 ? 0 : 1,
                    work.address.assumingMemoryBound(to: Float.self))
            }
            guard let addition else { return run(nil) }
            var joined = duet_addition(
                left: addition.left.operand(row: rows.lowerBound),
                right: addition.right.operand(
                    transposed: addition.transposesRight,
                    column: columns.lowerBound - addition.columns.lowerBound),
                depth: addition.left.columns, factor: Float(addition.factor))
            run(&joined)
        }
    }
}

extension Matrix {
    /// Some columns of all rows.
    func columns(_ range: Range<Int>) -> Matrix {
        Matrix(
            scalars, start: start + range.lowerBound, rows: rows, columns: range.count,
            stride: stride)
    }

    func floats(row: Int, column: Int = 0) -> UnsafeMutablePointer<Float> {
        address(row: row, column: column).assumingMemoryBound(to: Float.self)
    }

    /// The matrix, or its transpose, from a row or a column on.
    fileprivate func operand(
        transposed: Bool = false, row: Int = 0, column: Int = 0
    ) -> duet_operand {
        transposed
            ? duet_operand(values: floats(row: column, column: row), row: 1, column: stride)
            : duet_operand(values: floats(row: row, column: column), row: stride, column: 1)
    }
}
