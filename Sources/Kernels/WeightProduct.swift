internal import CKernels

/// The matrix of a linear map: in memory, or as a file stores it.
public enum WeightMatrix: Sendable {
    case plain(Matrix)
    case stored(StoredMatrix)

    /// Outputs of the map.
    public var rows: Int {
        switch self {
        case .plain(let matrix): matrix.rows
        case .stored(let matrix): matrix.rows
        }
    }

    /// Inputs of the map.
    public var columns: Int {
        switch self {
        case .plain(let matrix): matrix.columns
        case .stored(let matrix): matrix.columns
        }
    }
}

/// Products with weights. Few rows are multiplied straight from the stored form, which is read once, a
/// single one by integers; more rows go through BLAS, with stored weights expanded a tile at a time.
extension MatrixProduct {
    /// Up to this many rows, weights in memory are read by our own loop: BLAS would copy them first.
    private static let fewRows = 8
    /// The same for stored weights, which would be expanded first.
    private static let fewRowsOfStored = 16
    /// Multiply-adds that a thread should have at least, so that waking it pays.
    private static let productGrain = 1 << 15
    /// Bytes of an expanded tile: about what a core keeps to itself, twice.
    private static let tileBytes = 2 << 20
    /// Tiles have at least this many rows, so that BLAS's copies of x are worth it.
    private static let leastTileRows = 256
    /// Stored matrices from this size on are not kept in memory between products of many rows.
    private static let releasedBytes = 4 << 20

    /// result = a · weightᵀ, or a · weight, (+ result when beta is 1)
    ///
    /// Shapes: a [t, in], weight [out, in] → [t, out]; or a [t, out] → [t, in]
    /// Traps:  when shapes disagree, or stored weights meet Double
    public static func multiply(
        _ a: Matrix, _ weight: WeightMatrix, transposingB: Bool = false, into result: Matrix,
        alpha: Double = 1, beta: Double = 0
    ) {
        switch weight {
        case .plain(let matrix):
            guard transposingB, a.rows <= fewRows, a.scalars.type == .float32,
                beta == 0 || beta == 1
            else {
                return multiply(
                    a, matrix, transposingB: transposingB, into: result, alpha: alpha, beta: beta)
            }
            multiplyFewRows(
                alpha == 1 ? a : a.scaled(by: alpha), StoredViews(plain: matrix),
                outputs: matrix.rows, into: result, adds: beta == 1)
        case .stored(let matrix):
            precondition(
                a.scalars.type == .float32 && alpha == 1 && (beta == 0 || beta == 1),
                "multiply: \(a.scalars.type) with stored weights, alpha \(alpha), beta \(beta)")
            matrix.withViews { views in
                if !transposingB {
                    multiplyBack(a, views, rows: matrix.rows, into: result, beta: beta)
                } else if a.rows == 1, views.takesRounded {
                    multiplyRow(a, views, outputs: matrix.rows, into: result, adds: beta == 1)
                } else if a.rows <= fewRowsOfStored {
                    multiplyFewRows(a, views, outputs: matrix.rows, into: result, adds: beta == 1)
                } else {
                    multiplyTiles(a, views, outputs: matrix.rows, into: result, beta: beta)
                }
            }
            if a.rows > fewRowsOfStored, matrix.byteCount >= releasedBytes { matrix.release() }
        }
    }

    /// result [1, out] (+)= x [1, in] · wᵀ, outputs split among threads, x rounded to 16 bits.
    private static func multiplyRow(
        _ x: Matrix, _ weight: StoredViews, outputs: Int, into result: Matrix, adds: Bool
    ) {
        check(x, result, t: 1, from: weight.columns, to: outputs)
        let rounded = Scalars(uninitialized: duet_rounded_size(weight.columns), .float32)
        let digits = rounded.address.assumingMemoryBound(to: Float.self)
        duet_rounded_row(weight.columns, x.floats(row: 0), digits)
        let grain = max(16, productGrain / max(1, weight.columns))
        // Safety: every range writes columns of its own, and reads what nobody writes.
        nonisolated(unsafe) let row = digits
        Parallel.ranges(outputs, grain: grain, alignment: 16) { range in
            weight.forEachPart(of: range) { part, own, offset in
                withUnsafePointer(to: part.matrix) { matrix in
                    duet_rounded_product(
                        matrix, own.lowerBound, own.count, row,
                        result.floats(row: 0) + range.lowerBound + offset, adds ? 1 : 0)
                }
            }
        }
        withExtendedLifetime(rounded) {}
    }

    /// result [t, out] (+)= x [t, in] · wᵀ, outputs split among threads.
    private static func multiplyFewRows(
        _ x: Matrix, _ weight: StoredViews, outputs: Int, into result: Matrix, adds: Bool
    ) {
        check(x, result, t: x.rows, from: weight.columns, to: outputs)
        guard x.rows > 0, outputs > 0 else { return }
        let source = x.floats(row: 0)
        let sums = Scalars(uninitialized: x.rows * (weight.columns / 32), .float32)
        let sumsAddress = sums.address.assumingMemoryBound(to: Float.self)
        duet_stored_sums(x.rows, weight.columns, source, x.stride, sumsAddress)
        let grain = max(16, productGrain / max(1, weight.columns * x.rows))
        // Safety: every range writes columns of its own, and reads what nobody writes.
        nonisolated(unsafe) let (input, blockSums) = (source, sumsAddress)
        Parallel.ranges(outputs, grain: grain, alignment: 16) { range in
            weight.forEachPart(of: range) { part, own, offset in
                withUnsafePointer(to: part.matrix) { matrix in
                    duet_stored_product(
                        matrix, own.lowerBound, own.count, x.rows, input, x.stride, blockSums,
                        result.floats(row: 0) + range.lowerBound + offset, result.stride,
                        adds ? 1 : 0)
                }
            }
        }
        withExtendedLifetime(sums) {}
    }

    /// result [t, out] = x [t, in] · wᵀ + beta · result, tiles of outputs.
    private static func multiplyTiles(
        _ x: Matrix, _ weight: StoredViews, outputs: Int, into result: Matrix, beta: Double
    ) {
        let inputs = weight.columns
        check(x, result, t: x.rows, from: inputs, to: outputs)
        let tileRows = rowsOfTile(columns: inputs)
        Parallel.ranges(outputs, grain: 16, alignment: 16) { range in
            let rows = min(tileRows, range.count)
            let tile = Scalars(uninitialized: rows * inputs, .float32)
            for start in stride(from: range.lowerBound, to: range.upperBound, by: rows) {
                let part = start..<min(start + rows, range.upperBound)
                weight.expand(rows: part, columns: 0..<inputs, into: tile.address)
                product(
                    m: x.rows, n: part.count, k: inputs, type: .float32, a: x.address, false,
                    x.stride, b: tile.address, true, inputs,
                    c: result.address(row: 0, column: start), result.stride, 1, beta)
            }
        }
    }

    /// result [t, in] = dy [t, out] · w + beta · result, inputs split among threads, tiles of outputs.
    private static func multiplyBack(
        _ dy: Matrix, _ weight: StoredViews, rows: Int, into result: Matrix, beta: Double
    ) {
        check(dy, result, t: dy.rows, from: rows, to: weight.columns)
        guard dy.rows > 0, rows > 0 else { return }
        let alignment = max(16, weight.valuesPerBlock)
        Parallel.ranges(weight.columns, grain: alignment, alignment: alignment) { columns in
            let tileRows = min(rows, rowsOfTile(columns: columns.count))
            let tile = Scalars(uninitialized: tileRows * columns.count, .float32)
            for start in stride(from: 0, to: rows, by: tileRows) {
                let part = start..<min(start + tileRows, rows)
                weight.expand(rows: part, columns: columns, into: tile.address)
                product(
                    m: dy.rows, n: columns.count, k: part.count, type: .float32,
                    a: dy.address(row: 0, column: start), false, dy.stride, b: tile.address, false,
                    columns.count, c: result.address(row: 0, column: columns.lowerBound),
                    result.stride, 1, start == 0 ? beta : 1)
            }
        }
    }

    private static func rowsOfTile(columns: Int) -> Int {
        max(leastTileRows, tileBytes / (4 * max(1, columns)) / 16 * 16)
    }

    private static func check(_ a: Matrix, _ result: Matrix, t: Int, from: Int, to: Int) {
        precondition(
            a.columns == from && result.rows == t && result.columns == to,
            "multiply: [\(a.rows), \(a.columns)] × weights [\(from) → \(to)] → "
                + "[\(result.rows), \(result.columns)]")
    }
}

extension StoredViews {
    /// Whether one row of x meets these weights as integers.
    fileprivate var takesRounded: Bool {
        Self.hasIntegers && parts.allSatisfy { duet_rounded_takes($0.matrix.type) != 0 }
    }

    private static let hasIntegers = duet_rounded_available() != 0

    /// Weights in memory, seen as a stored matrix of floats.
    init(plain matrix: Matrix) {
        let view = duet_stored_matrix(
            type: DUET_STORED_FLOAT32, bytes: matrix.address, row_bytes: matrix.stride * 4,
            columns: matrix.columns, half: 0)
        self.init(
            parts: [Part(matrix: view, rows: 0..<matrix.rows, valuesPerBlock: 1)],
            columns: matrix.columns)
    }
}

extension Matrix {
    /// A copy of all rows, times a number.
    fileprivate func scaled(by factor: Double) -> Matrix {
        let copy = Scalars(uninitialized: rows * columns, scalars.type)
        for row in 0..<rows {
            duet_affine(
                scalars.type.code, columns, factor, 0, address(row: row, column: 0),
                copy.address(at: row * columns))
        }
        return Matrix(copy, rows: rows, columns: columns)
    }
}
