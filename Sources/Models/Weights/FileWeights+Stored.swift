public import Kernels
import WeightFiles

extension FileWeights {
    public func stored(_ path: String) throws -> StoredMatrix? {
        guard let (tensor, location) = try place(of: path) else { return nil }
        guard tensor.shape.count == 2, tensor.isRowMajor, tensor.scalarCount > 0 else { return nil }
        let rows = location.rows ?? 0..<tensor.rowCount
        guard rows.upperBound <= tensor.rowCount else { return nil }
        let interleaved = try location.interleavedHeadCount.map { count in
            try self.headSize(of: tensor, headCount: count)
        }
        return StoredMatrix(
            TensorBytes(tensor: tensor, rows: rows),
            layout: StoredLayout(
                kernelCode: tensor.type.kernelCode, valuesPerBlock: tensor.type.valuesPerBlock,
                bytesPerBlock: tensor.type.bytesPerBlock),
            rows: rows.count, columns: tensor.rowLength, interleavedHeadSize: interleaved ?? 0)
    }
}

/// Some rows of a tensor in a mapped file.
private struct TensorBytes: StoredBytes {
    let tensor: StoredTensor
    let rows: Range<Int>

    var byteCount: Int { rows.count * tensor.bytesPerRow }

    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        tensor.withStoredBytes(ofRows: rows, body)
    }

    func release() { tensor.releaseStoredBytes(ofRows: rows) }
}
