import CKernels
import Files

/// A named tensor inside a weight file; its values are read when asked for.
///
/// Shapes: row-major, outermost axis first; a row runs along the last axis.
public struct StoredTensor: Sendable {
    /// The name in the file.
    public let name: String
    /// The length of each axis, outermost first; empty for a single value.
    public let shape: [Int]
    /// How the values are stored.
    public let type: StoredType
    /// How many bytes the values take in the file.
    public let byteCount: Int
    /// How many values there are.
    public let scalarCount: Int

    let offset: Int
    private let file: MappedFile
    /// Where the values lie when they are not row-major.
    var layout: StridedLayout?

    /// How many values a row has: the length of the last axis.
    public var rowLength: Int { shape.last ?? 1 }
    /// How many rows there are: the product of the other axes.
    public var rowCount: Int { shape.dropLast().reduce(1, &*) }

    /// Describes the row-major tensor whose bytes start at `offset` of `file`.
    ///
    /// Throws: `WeightFileError` when shape, type and place do not fit together or into the file.
    init(name: String, shape: [Int], type: StoredType, offset: Int, file: MappedFile) throws {
        let scalarCount = try Self.product(shape, name: name, path: file.path)
        guard (shape.last ?? 1) % type.valuesPerBlock == 0 else {
            throw WeightFileError(
                .malformed, file.path,
                "tensor '\(name)' is \(type.rawValue) with rows of \(shape.last ?? 1) values; "
                    + "a multiple of \(type.valuesPerBlock) was expected")
        }
        let (byteCount, isTooLarge) = (scalarCount / type.valuesPerBlock)
            .multipliedReportingOverflow(by: type.bytesPerBlock)
        guard !isTooLarge, offset >= 0, offset <= file.byteCount,
            byteCount <= file.byteCount - offset
        else {
            throw WeightFileError(
                .truncated, file.path,
                "tensor '\(name)' (\(type.rawValue) \(shape) at byte \(offset)) reaches past the "
                    + "end of the file; at most \(file.byteCount) bytes were expected")
        }
        self.name = name
        self.shape = shape
        self.type = type
        self.byteCount = byteCount
        self.scalarCount = scalarCount
        self.offset = offset
        self.file = file
    }

    /// The same values under another name.
    init(renaming tensor: StoredTensor, to name: String) {
        self.name = name
        shape = tensor.shape
        type = tensor.type
        byteCount = tensor.byteCount
        scalarCount = tensor.scalarCount
        offset = tensor.offset
        file = tensor.file
        layout = tensor.layout
    }

    /// The same bytes, read as another type and shape.
    ///
    /// Throws: `WeightFileError` when they are not as many as these need
    package func reinterpreted(as type: StoredType, shape: [Int]) throws -> StoredTensor {
        let other = try StoredTensor(
            name: name, shape: shape, type: type, offset: offset, file: file)
        guard other.byteCount == byteCount else {
            throw WeightFileError(
                .malformed, file.path,
                "tensor '\(name)' has \(byteCount) bytes; \(type.rawValue) \(shape) needs "
                    + "\(other.byteCount)")
        }
        return other
    }

    /// All values, row-major.
    ///
    /// Throws: `WeightFileError` as `dequantise(rows:into:)` does.
    public func floats() throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: scalarCount) { buffer, count in
            try dequantise(rows: 0..<rowCount, into: buffer)
            count = scalarCount
        }
    }

    /// Writes the values of `rows` to the start of `buffer`.
    ///
    /// Throws: `WeightFileError` when the tensor has no such rows or `buffer` is too small for them.
    public func dequantise(
        rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
    ) throws {
        guard rows.lowerBound >= 0, rows.upperBound <= rowCount,
            rows.count * rowLength <= buffer.count
        else {
            throw WeightFileError(
                .missingTensor, file.path,
                "rows \(rows) of tensor '\(name)' \(shape) were asked for with room for "
                    + "\(buffer.count) values; it has \(rowCount) rows of \(rowLength)",
                hint: "ask for rows that exist")
        }
        guard let output = buffer.baseAddress, rows.count * rowLength > 0 else { return }
        if let layout {
            let stored = [Float](unsafeUninitializedCapacity: scalarCount) { stored, count in
                if let base = stored.baseAddress {
                    dequantise(scalars: 0..<scalarCount, into: base)
                }
                count = scalarCount
            }
            stored.withUnsafeBufferPointer {
                layout.gather(rows, of: shape, from: $0, into: output)
            }
        } else {
            let range = rows.lowerBound * rowLength..<rows.upperBound * rowLength
            dequantise(scalars: range, into: output)
        }
    }

    /// Says that the stored bytes won't be read for a while; reading them again is allowed.
    package func releaseStoredBytes() { file.release(offset..<offset + byteCount) }

    /// Gives the stored bytes to `body`; the pointer is valid only inside it.
    package func withStoredBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try file.withBytes { bytes in
            try body(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + byteCount)]))
        }
    }

    /// Writes stored values, whole blocks of them, in the order of the file.
    private func dequantise(scalars: Range<Int>, into output: UnsafeMutablePointer<Float>) {
        let firstBlock = scalars.lowerBound / type.valuesPerBlock
        file.withBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            duet_dequantise(
                type.kernelType, scalars.count / type.valuesPerBlock,
                base + offset + firstBlock * type.bytesPerBlock, output)
        }
    }

    /// All bytes of the file.
    func withFileBytes(_ body: (UnsafeRawBufferPointer) -> Void) { file.withBytes(body) }

    /// See `MappedFile.release(_:)`.
    func releaseFileBytes(_ range: Range<Int>) { file.release(range) }

    private static func product(_ shape: [Int], name: String, path: String) throws -> Int {
        var product = 1
        for length in shape {
            let (next, isTooLarge) = product.multipliedReportingOverflow(by: length)
            guard length >= 0, !isTooLarge else {
                throw WeightFileError(
                    .malformed, path,
                    "tensor '\(name)' has the impossible shape \(shape)")
            }
            product = next
        }
        return product
    }
}
