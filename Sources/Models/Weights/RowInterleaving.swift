/// The order of rows in which llama.cpp keeps q and k, for its rotary operation.
package enum RowInterleaving {
    /// Rows as llama.cpp keeps them, from rows as Hugging Face does.
    ///
    /// Formula: stored[2j] = row[j], stored[2j + 1] = row[j + d/2] for j < d/2, in each head
    /// Shapes:  [heads · d, width], row-major
    /// Source:  llama.cpp's conversion of LLaMA's q and k
    /// Traps:   when the rows are no even number for each head
    package static func interleaved(_ values: [Float], headCount: Int, rowCount: Int) -> [Float] {
        precondition(
            headCount > 0 && rowCount.isMultiple(of: 2 * headCount)
                && values.count.isMultiple(of: rowCount),
            "interleaving: \(values.count) values in \(rowCount) rows for \(headCount) heads")
        let half = rowCount / (2 * headCount)
        let width = values.count / rowCount
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for head in 0..<headCount {
            for pair in 0..<half {
                for part in 0..<2 {
                    let row = head * 2 * half + part * half + pair
                    result += values[(row * width)..<((row + 1) * width)]
                }
            }
        }
        return result
    }

    /// Rows as Hugging Face keeps them, from rows as llama.cpp does.
    package static func separated(_ values: [Float], headCount: Int, rowCount: Int) -> [Float] {
        precondition(
            headCount > 0 && rowCount.isMultiple(of: 2 * headCount)
                && values.count.isMultiple(of: rowCount),
            "interleaving: \(values.count) values in \(rowCount) rows for \(headCount) heads")
        let half = rowCount / (2 * headCount)
        let width = values.count / rowCount
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for head in 0..<headCount {
            for part in 0..<2 {
                for pair in 0..<half {
                    let row = head * 2 * half + 2 * pair + part
                    result += values[(row * width)..<((row + 1) * width)]
                }
            }
        }
        return result
    }
}
