internal import CKernels
internal import COpenBLAS

/// A row-major matrix inside a run of scalars.
public struct Matrix: Sendable {
    let scalars: Scalars
    let start: Int
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    let stride: Int

    /// `rows` × `columns` from element `start` on, rows `stride` elements apart.
    public init(_ scalars: Scalars, start: Int = 0, rows: Int, columns: Int, stride: Int? = nil) {
        let stride = stride ?? columns
        precondition(
            rows == 0 || columns == 0
                || (stride >= columns && start + (rows - 1) * stride + columns <= scalars.count),
            "matrix: [\(rows), \(columns)] with stride \(stride) from \(start) leaves "
                + "\(scalars.count) scalars")
        self.scalars = scalars
        self.start = start
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    var address: UnsafeMutableRawPointer { scalars.address(at: start) }

    func address(row: Int, column: Int) -> UnsafeMutableRawPointer {
        scalars.address(at: start + row * stride + column)
    }
}

/// Matrix products: through own loops where the processor has AVX-512 (Documentation/Decisions/020),
/// through BLAS everywhere else.
public enum MatrixProduct {
    /// Below this many multiply-adds a second thread costs more than it brings.
    private static let parallelThreshold = 1 << 18
    /// Own loops copy b first, which pays from this many rows of a on.
    static let ownRows = 16
    private static let hasOwnLoops = duet_product_available() != 0

    /// result = alpha * op(a) * op(b) + beta * result
    ///
    /// Shapes: op(a) [m, k], op(b) [k, n], result [m, n].
    public static func multiply(
        _ a: Matrix, transposingA transposeA: Bool = false, _ b: Matrix,
        transposingB transposeB: Bool = false, into result: Matrix, alpha: Double = 1,
        beta: Double = 0
    ) {
        let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
        let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(
            k == inner && result.rows == m && result.columns == n,
            "multiply: [\(m), \(k)] × [\(inner), \(n)] → [\(result.rows), \(result.columns)]")
        guard m > 0, n > 0 else { return }
        func block(_ rows: Range<Int>, _ columns: Range<Int>) {
            product(
                m: rows.count, n: columns.count, k: k, type: a.scalars.type,
                a: transposeA
                    ? a.address(row: 0, column: rows.lowerBound)
                    : a.address(row: rows.lowerBound, column: 0),
                transposeA, a.stride,
                b: transposeB
                    ? b.address(row: columns.lowerBound, column: 0)
                    : b.address(row: 0, column: columns.lowerBound),
                transposeB, b.stride,
                c: result.address(row: rows.lowerBound, column: columns.lowerBound),
                result.stride, alpha, beta)
        }
        if m * n * max(k, 1) < parallelThreshold {
            block(0..<m, 0..<n)
        } else {
            forEachBlock(of: result, block)
        }
    }

    /// One block of the result a thread, cut along its longer side.
    static func forEachBlock(
        of result: Matrix, _ body: @escaping (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
    ) {
        let (m, n) = (result.rows, result.columns)
        if m >= n {
            Parallel.ranges(m, grain: 8, alignment: 12) { body($0, 0..<n) }
        } else {
            Parallel.ranges(n, grain: 8, alignment: 32) { body(0..<m, $0) }
        }
    }

    static func usesOwnLoops(_ type: ScalarType, beta: Double) -> Bool {
        type == .float32 && hasOwnLoops && (beta == 0 || beta == 1)
    }

    /// One product on the calling thread.
    static func product(
        m: Int, n: Int, k: Int, type: ScalarType,
        a: UnsafeRawPointer, _ transposeA: Bool, _ strideA: Int,
        b: UnsafeRawPointer, _ transposeB: Bool, _ strideB: Int,
        c: UnsafeMutableRawPointer, _ strideC: Int, _ alpha: Double, _ beta: Double
    ) {
        if m >= ownRows, k > 0, usesOwnLoops(type, beta: beta) {
            let work = Scalars(uninitialized: duet_product_work(n, k, 0), .float32)
            return withExtendedLifetime(work) {
                duet_product(
                    m, n, k, operand(a, transposed: transposeA, stride: strideA),
                    operand(b, transposed: transposeB, stride: strideB), nil,
                    c.assumingMemoryBound(to: Float.self), strideC, Float(alpha), beta == 0 ? 0 : 1,
                    work.address.assumingMemoryBound(to: Float.self))
            }
        }
        let (opA, opB) = (
            transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans
        )
        let (m, n, k) = (Int32(m), Int32(n), Int32(k))
        let (lda, ldb, ldc) = (Int32(max(strideA, 1)), Int32(max(strideB, 1)), Int32(strideC))
        switch type {
        case .float32:
            cblas_sgemm(
                CblasRowMajor, opA, opB, m, n, k, Float(alpha),
                a.assumingMemoryBound(to: Float.self), lda,
                b.assumingMemoryBound(to: Float.self), ldb, Float(beta),
                c.assumingMemoryBound(to: Float.self), ldc)
        case .float64:
            cblas_dgemm(
                CblasRowMajor, opA, opB, m, n, k, alpha,
                a.assumingMemoryBound(to: Double.self), lda,
                b.assumingMemoryBound(to: Double.self), ldb, beta,
                c.assumingMemoryBound(to: Double.self), ldc)
        }
    }

    private static func operand(
        _ values: UnsafeRawPointer, transposed: Bool, stride: Int
    ) -> duet_operand {
        duet_operand(
            values: values.assumingMemoryBound(to: Float.self), row: transposed ? 1 : stride,
            column: transposed ? stride : 1)
    }

    /// Independent products of equally shaped matrices: a [count, m, k], b [count, k, n].
    public static func batched(
        count: Int, _ a: Scalars, rows: Int, columns: Int, transposed transposeA: Bool,
        _ b: Scalars, rows bRows: Int, columns bColumns: Int, transposed transposeB: Bool
    ) -> Scalars {
        let (m, k) = transposeA ? (columns, rows) : (rows, columns)
        let (inner, n) = transposeB ? (bColumns, bRows) : (bRows, bColumns)
        precondition(k == inner, "batched: [\(m), \(k)] × [\(inner), \(n)] do not chain")
        let result = Scalars(uninitialized: count * m * n, a.type)
        guard m > 0, n > 0 else { return result }
        Parallel.items(count) { index in
            product(
                m: m, n: n, k: k, type: a.type,
                a: a.address(at: index * rows * columns), transposeA, columns,
                b: b.address(at: index * bRows * bColumns), transposeB, bColumns,
                c: result.address(at: index * m * n), n, 1, 0)
        }
        return result
    }
}
