internal import CKernels

/// Bytes that lie outside of this process's own memory, such as in a mapped file.
public protocol StoredBytes: Sendable {
    /// How many there are.
    var byteCount: Int { get }

    /// Gives all bytes to `body`; the pointer is valid only inside it.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void)

    /// Says that the bytes won't be read for a while, so that they need not stay in memory.
    func release()
}

/// How a stored type lays out its values, and its number in the C loops.
public struct StoredLayout: Sendable, Equatable {
    /// The type's number among `duet_stored`.
    let kernelCode: UInt32
    /// Values that share a block.
    public let valuesPerBlock: Int
    /// Bytes of a block.
    public let bytesPerBlock: Int

    /// Describes a type.
    ///
    /// Traps: when a size is not positive
    public init(kernelCode: UInt32, valuesPerBlock: Int, bytesPerBlock: Int) {
        precondition(
            valuesPerBlock > 0 && bytesPerBlock > 0,
            "stored layout: \(valuesPerBlock) values in \(bytesPerBlock) bytes")
        self.kernelCode = kernelCode
        self.valuesPerBlock = valuesPerBlock
        self.bytesPerBlock = bytesPerBlock
    }
}

/// A matrix of weights in the form in which files store it: quantised, or in half precision, in one
/// piece or in several that lie in different places. It is never written.
///
/// Formula: every element is the very number that dequantising its block gives
/// Shapes:  [rows, columns], rows are whole blocks
public struct StoredMatrix: Sendable {
    /// Rows that lie in one place.
    struct Part: Sendable {
        let bytes: any StoredBytes
        let layout: StoredLayout
        let firstRow: Int
        let rowCount: Int
        let halfHead: Int
    }

    let parts: [Part]
    /// Number of rows.
    public let rows: Int
    /// Length of a row.
    public let columns: Int

    /// A matrix in one place.
    ///
    /// Where `interleavedHeadSize` is given, each head of that many rows has its two halves stored
    /// row by row in turn, as llama.cpp keeps queries and keys.
    /// Traps: when rows are no whole blocks, or the bytes no whole rows
    public init(
        _ bytes: any StoredBytes, layout: StoredLayout, rows: Int, columns: Int,
        interleavedHeadSize: Int = 0
    ) {
        let rowBytes = columns / layout.valuesPerBlock * layout.bytesPerBlock
        precondition(
            columns > 0 && columns % layout.valuesPerBlock == 0
                && bytes.byteCount == rows * rowBytes
                && (interleavedHeadSize == 0
                    || (interleavedHeadSize % 2 == 0 && rows % interleavedHeadSize == 0)),
            "stored matrix: [\(rows), \(columns)] in \(bytes.byteCount) bytes, "
                + "heads of \(interleavedHeadSize)")
        parts = [
            Part(
                bytes: bytes, layout: layout, firstRow: 0, rowCount: rows,
                halfHead: interleavedHeadSize / 2)
        ]
        self.rows = rows
        self.columns = columns
    }

    /// The rows of several matrices, one below the other; nothing is copied.
    ///
    /// Traps: when their rows differ in length
    public init(joining matrices: [StoredMatrix]) {
        columns = matrices.first?.columns ?? 0
        var parts: [Part] = []
        var start = 0
        for matrix in matrices {
            precondition(
                matrix.columns == columns,
                "stored matrix: rows of \(matrix.columns) below rows of \(columns)")
            parts += matrix.parts.map {
                Part(
                    bytes: $0.bytes, layout: $0.layout, firstRow: start + $0.firstRow,
                    rowCount: $0.rowCount, halfHead: $0.halfHead)
            }
            start += matrix.rows
        }
        self.parts = parts
        rows = start
    }

    /// Bytes in the file.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.bytes.byteCount } }

    /// All values, row-major.
    public func expanded() -> Scalars {
        let result = Scalars(uninitialized: rows * columns, .float32)
        withViews { views in
            let rowsAtLeast = max(1, Elementwise.grain / max(1, columns))
            Parallel.ranges(rows, grain: rowsAtLeast) { range in
                views.expand(
                    rows: range, columns: 0..<columns,
                    into: result.address(at: range.lowerBound * columns))
            }
        }
        return result
    }

    /// Some rows, in the given order.
    ///
    /// Traps: when there is no such row
    public func gathering(_ indices: [Int32]) -> Scalars {
        for row in indices where row < 0 || row >= rows {
            preconditionFailure("rows: index \(row) of \(rows) rows")
        }
        let result = Scalars(uninitialized: indices.count * columns, .float32)
        withViews { views in
            for (index, row) in indices.enumerated() {
                views.expand(
                    rows: Int(row)..<Int(row) + 1, columns: 0..<columns,
                    into: result.address(at: index * columns))
            }
        }
        return result
    }

    /// Runs `body` while every part's bytes are at hand.
    func withViews(_ body: (StoredViews) -> Void) {
        withViews(of: 0, StoredViews(parts: [], columns: columns), body)
    }

    private func withViews(of index: Int, _ views: StoredViews, _ body: (StoredViews) -> Void) {
        guard index < parts.count else { return body(views) }
        let part = parts[index]
        part.bytes.withBytes { bytes in
            let matrix = duet_stored_matrix(
                type: duet_stored(rawValue: part.layout.kernelCode), bytes: bytes.baseAddress,
                row_bytes: columns / part.layout.valuesPerBlock * part.layout.bytesPerBlock,
                columns: columns, half: part.halfHead)
            var views = views
            views.parts.append(
                .init(
                    matrix: matrix, rows: part.firstRow..<part.firstRow + part.rowCount,
                    valuesPerBlock: part.layout.valuesPerBlock))
            withViews(of: index + 1, views, body)
        }
    }

    /// See `StoredBytes.release()`.
    func release() {
        for part in parts { part.bytes.release() }
    }
}

/// A stored matrix's parts as the C loops take them; lives only inside `withViews`.
///
/// Safety: the bytes are read only, by whichever threads the kernel uses.
struct StoredViews: @unchecked Sendable {
    struct Part {
        let matrix: duet_stored_matrix
        let rows: Range<Int>
        let valuesPerBlock: Int
    }

    var parts: [Part]
    let columns: Int

    /// The largest number of values that share a block.
    var valuesPerBlock: Int { parts.map(\.valuesPerBlock).max() ?? 1 }

    /// Runs `body` for each part that has some of `rows`: the part's own numbers of those rows, and
    /// where they begin among `rows`.
    func forEachPart(of rows: Range<Int>, _ body: (Part, Range<Int>, _ offset: Int) -> Void) {
        for part in parts where part.rows.overlaps(rows) {
            let own = part.rows.clamped(to: rows)
            body(
                part, own.lowerBound - part.rows.lowerBound..<own.upperBound - part.rows.lowerBound,
                own.lowerBound - rows.lowerBound)
        }
    }

    /// Writes a tile as floats, rows one after the other; `columns` are whole blocks.
    func expand(rows: Range<Int>, columns: Range<Int>, into target: UnsafeMutableRawPointer) {
        let target = target.assumingMemoryBound(to: Float.self)
        forEachPart(of: rows) { part, own, offset in
            withUnsafePointer(to: part.matrix) { matrix in
                duet_stored_expand(
                    matrix, own.lowerBound, own.count, columns.lowerBound / part.valuesPerBlock,
                    columns.count / part.valuesPerBlock, target + offset * columns.count,
                    columns.count)
            }
        }
    }
}
