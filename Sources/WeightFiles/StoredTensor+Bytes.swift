import CKernels

extension StoredType {
    /// The number of the type in the C loops.
    public var kernelCode: UInt32 { kernelType.rawValue }
}

extension StoredTensor {
    /// Whether values lie in the order of the axes.
    public var isRowMajor: Bool { layout == nil }

    /// The bytes of some rows as they lie in the file; the pointer is valid only inside `body`.
    ///
    /// Traps: when there are no such rows
    public func withStoredBytes(
        ofRows rows: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        let place = place(ofRows: rows)
        withFileBytes { body(UnsafeRawBufferPointer(rebasing: $0[place])) }
    }

    /// Says that the bytes of some rows won't be read for a while; reading them again is allowed.
    public func releaseStoredBytes(ofRows rows: Range<Int>) {
        releaseFileBytes(place(ofRows: rows))
    }

    /// How many bytes a row takes in the file.
    public var bytesPerRow: Int { rowLength / type.valuesPerBlock * type.bytesPerBlock }

    private func place(ofRows rows: Range<Int>) -> Range<Int> {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= rowCount && isRowMajor,
            "stored bytes: rows \(rows) of '\(name)' \(shape)")
        return offset + rows.lowerBound * bytesPerRow..<offset + rows.upperBound * bytesPerRow
    }
}
