/// A series of numbers as one line of blocks.
package enum Sparkline {
    /// Blocks of rising height; each stands for the mean of its part of the series.
    ///
    /// Numbers that are not finite are left out; a series without any is empty.
    package static func text(of series: [Double], columnCount: Int) -> String {
        let values: [Double] = series.filter(\.isFinite)
        let count: Int = min(columnCount, values.count)
        guard count > 0 else { return "" }
        let means: [Double] = (0..<count).map { column in
            let part = values[values.count * column / count..<values.count * (column + 1) / count]
            return part.reduce(0, +) / Double(part.count)
        }
        let low: Double = means.min() ?? 0
        let range: Double = (means.max() ?? 0) - low
        let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        return String(
            means.map { mean -> Character in
                guard range > 0 else { return blocks[0] }
                let height: Double = (mean - low) / range * Double(blocks.count)
                return blocks[min(blocks.count - 1, Int(height))]
            })
    }
}
