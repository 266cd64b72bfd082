/// Values stored in another order of the axes, without gaps or repetition.
struct StridedLayout: Sendable {
    private let strides: [Int]

    /// The order that `strides` describe for `shape`; nil when values would be skipped or repeated.
    init?(shape: [Int], strides: [Int]) {
        let axes = shape.indices.filter { shape[$0] != 1 }.sorted { strides[$0] < strides[$1] }
        var expected = 1
        for axis in axes {
            guard strides[axis] == expected else { return nil }
            let (next, isTooLarge) = expected.multipliedReportingOverflow(by: shape[axis])
            guard !isTooLarge, next > 0 else { return nil }
            expected = next
        }
        self.strides = strides
    }

    /// Whether the order is that of the axes.
    func isRowMajor(_ shape: [Int]) -> Bool {
        let used = shape.indices.filter { shape[$0] != 1 }.map { strides[$0] }
        return used == used.sorted(by: >)
    }

    /// Copies `rows`, which run along the last axis, from `stored` to `output`.
    func gather(
        _ rows: Range<Int>, of shape: [Int], from stored: UnsafeBufferPointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        guard let rowLength = shape.last, let step = strides.last else { return }
        var position = 0
        for row in rows {
            var (rest, start) = (row, 0)
            for axis in shape.indices.dropLast().reversed() {
                start += rest % shape[axis] * strides[axis]
                rest /= shape[axis]
            }
            for column in 0..<rowLength {
                output[position] = stored[start + column * step]
                position += 1
            }
        }
    }
}
