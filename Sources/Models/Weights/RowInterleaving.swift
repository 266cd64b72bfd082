/// The order of rows in which llama.cpp keeps q and k, for its rotary operation.
package enum RowInterleaving {
    /// Rows as llama.cpp keeps them, from rows as Hugging Face does.
    ///
    /// Formula: stored[2j] = row[j], stored[2j + 1] = row[j + d/2] for j < d/2, in each head
    /// Shapes:  [heads · d, width], row-major
    /// Source:  llama.cpp's conversion of LLaMA's q and k
    /// Traps:   when the rows are no even number for each head
    package static func interleaved(_ values: [Float], headCount: Int, rowCount: Int) -> [Float] {
        ordered(values, headCount, rowCount) { row, half in row % 2 * half + row / 2 }
    }

    /// Rows as Hugging Face keeps them, from rows as llama.cpp does.
    ///
    /// Traps: when the rows are no even number for each head
    package static func separated(_ values: [Float], headCount: Int, rowCount: Int) -> [Float] {
        ordered(values, headCount, rowCount) { row, half in row % half * 2 + row / half }
    }

    /// In each head, row after row from its place there; `place` also gets half the rows of a head.
    private static func ordered(
        _ values: [Float], _ headCount: Int, _ rowCount: Int,
        place: (_ row: Int, _ half: Int) -> Int
    ) -> [Float] {
        precondition(
            headCount > 0 && rowCount.isMultiple(of: 2 * headCount)
                && values.count.isMultiple(of: max(1, rowCount)),
            "interleaving: \(values.count) values in \(rowCount) rows for \(headCount) heads")
        let size = rowCount / headCount
        let width = values.count / max(1, rowCount)
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for first in stride(from: 0, to: rowCount, by: max(1, size)) {
            for row in 0..<size {
                let from = first + place(row, size / 2)
                result += values[(from * width)..<((from + 1) * width)]
            }
        }
        return result
    }
}
