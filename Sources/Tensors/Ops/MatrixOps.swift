internal import Kernels

extension Tensor {
    /// The matrix product of two matrices, or of two equally long lists of matrices.
    ///
    /// Formula: y = op(a) op(b)
    /// Shapes: op(a) [m, k], op(b) [k, n] → [m, n]; or [batch, m, k], [batch, k, n] → [batch, m, n]
    /// Pullback: dop(a) = dy op(b)ᵀ, dop(b) = op(a)ᵀ dy
    public func matmul(
        _ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false
    ) -> Tensor {
        let (a, b) = (detached(), other.detached())
        let (needsA, needsB) = (isTracked, other.isTracked)
        return Tensor.product(a, transposingSelf, b, transposingOther)
            .derived(from: [self, other]) { dy in
                let da: Tensor? =
                    !needsA
                    ? nil
                    : transposingSelf
                        ? Tensor.product(b, transposingOther, dy, true)
                        : Tensor.product(dy, false, b, !transposingOther)
                let db: Tensor? =
                    !needsB
                    ? nil
                    : transposingOther
                        ? Tensor.product(dy, true, a, transposingSelf)
                        : Tensor.product(a, !transposingSelf, dy, false)
                return [da, db]
            }
    }

    private static func product(
        _ a: Tensor, _ transposeA: Bool, _ b: Tensor, _ transposeB: Bool
    ) -> Tensor {
        precondition(
            a.rank == b.rank && (a.rank == 2 || (a.rank == 3 && a.shape[0] == b.shape[0]))
                && a.scalarType == b.scalarType,
            "matmul: \(a.shape) × \(b.shape) (\(a.scalarType), \(b.scalarType))")
        let (aRows, aColumns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
        let (bRows, bColumns) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
        let (m, k) = transposeA ? (aColumns, aRows) : (aRows, aColumns)
        let (inner, n) = transposeB ? (bColumns, bRows) : (bRows, bColumns)
        precondition(k == inner, "matmul: [\(m), \(k)] × [\(inner), \(n)] do not chain")
        if a.rank == 3 {
            return Tensor(
                MatrixProduct.batched(
                    count: a.shape[0], a.scalars, rows: aRows, columns: aColumns,
                    transposed: transposeA, b.scalars, rows: bRows, columns: bColumns,
                    transposed: transposeB),
                shape: [a.shape[0], m, n])
        }
        let result = Scalars(uninitialized: m * n, a.scalarType)
        MatrixProduct.multiply(
            Matrix(a.scalars, rows: aRows, columns: aColumns), transposingA: transposeA,
            Matrix(b.scalars, rows: bRows, columns: bColumns), transposingB: transposeB,
            into: Matrix(result, rows: m, columns: n))
        return Tensor(result, shape: [m, n])
    }
}
