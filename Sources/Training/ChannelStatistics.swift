internal import Tensors

/// Mean and variance of every channel over many rows, in Double.
struct ChannelStatistics {
    private var count = 0.0
    private var sums: [Double] = []
    private var squares: [Double] = []

    /// Counts every row of [n, channels].
    mutating func add(_ rows: Tensor) {
        let width = rows.shape[1]
        if sums.isEmpty {
            sums = [Double](repeating: 0, count: width)
            squares = sums
        }
        count += Double(rows.shape[0])
        rows.withFloats { values in
            for (index, value) in values.enumerated() {
                sums[index % width] += Double(value)
                squares[index % width] += Double(value) * Double(value)
            }
        }
    }

    /// Formula: mean = Σx / n, variance = Σx² / n − mean²
    var result: (mean: [Double], variance: [Double])? {
        guard count > 0 else { return nil }
        let mean = sums.map { $0 / count }
        let variance = zip(squares, mean).map { max(0, $0 / count - $1 * $1) }
        return (mean, variance)
    }
}
