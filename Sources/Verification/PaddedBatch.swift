package import Tensors

/// A right-padded batch of a golden file, and which of its rows are real.
package struct PaddedBatch {
    /// The length of each sample, without padding.
    package let lengths: [Int]
    /// The tokens of all samples, without padding.
    package let tokens: [Int32]
    /// The rows of the padded batch, flattened, that are real.
    package let realRows: [Int32]
    /// The rows among the real ones whose next token is supervised.
    package let supervisedRows: [Int32]
    /// The token that follows each supervised row.
    package let targets: [Int32]

    /// Reads `<prefix>.input_ids`, `<prefix>.attention_mask` and `<prefix>.labels`.
    package init(_ file: GoldenFile, prefix: String = "input") throws {
        let width = try file.tensor("\(prefix).input_ids").shape[1]
        let ids = try file.integers("\(prefix).input_ids")
        let mask = try file.integers("\(prefix).attention_mask")
        let labels = try file.integers("\(prefix).labels")
        let real = ids.indices.filter { mask[$0] == 1 }
        lengths = stride(from: 0, to: ids.count, by: width).map { start in
            mask[start..<(start + width)].reduce(0) { $0 + Int($1) }
        }
        tokens = real.map { ids[$0] }
        realRows = real.map(Int32.init)
        // The logits of a row are scored against the label of the next row of the same sample.
        let supervised = real.indices.filter { row in
            let next = real[row] + 1
            return next % width != 0 && labels[next] != -100
        }
        supervisedRows = supervised.map(Int32.init)
        targets = supervised.map { labels[real[$0] + 1] }
    }

    /// The real rows of a padded tensor.
    ///
    /// Shapes: [samples, width, n] → [rows, n]
    package func packed(_ padded: Tensor) -> Tensor {
        let shape = padded.shape
        return padded.reshaped([shape[0] * shape[1], shape[2]]).gatheringRows(realRows)
    }
}
