internal import CKernels

/// The rows of pictures in windows: rows of one window attend to one another.
public struct AttentionWindows: Sendable, Hashable {
    /// The row of every position of every window, window after window; each row occurs once.
    public let rows: [Int32]
    /// Positions of a window.
    public let size: Int
    /// The region of each position, laid out as `rows`: positions of different regions hardly see each
    /// other. Nil when windows are of one piece.
    public let regions: [Int32]?

    /// Takes rows window by window.
    ///
    /// Traps: when the rows don't fill windows, or there isn't one region a row
    public init(rows: [Int32], size: Int, regions: [Int32]? = nil) {
        precondition(
            size > 0 && rows.count % size == 0 && regions?.count ?? rows.count == rows.count,
            "windows: \(rows.count) rows, \(regions?.count ?? 0) regions in windows of \(size)")
        self.rows = rows
        self.size = size
        self.regions = regions
    }

    /// The number of windows.
    public var count: Int { rows.count / size }
}

/// Attention inside windows of pictures, with a learnt bias between positions.
///
/// Source: Liu et al. 2021 (arXiv:2103.14030)
public enum WindowAttention {
    /// How much less positions of different regions see each other, as in Swin's mask.
    public static let regionPenalty = -100.0

    /// o = softmax(q kᵀ / √d + bias + mask) v in every window.
    ///
    /// Shapes: packed [t, 3 heads d], bias [heads, size, size] → [t, heads d].
    public static func forward(
        _ packed: Scalars, headCount: Int, width: Int, windows: AttentionWindows, bias: Scalars
    ) -> Scalars {
        let n = windows.size
        precondition(
            windows.rows.allSatisfy { $0 >= 0 && Int($0) * 3 * width < packed.count },
            "window attention: a row is outside of \(packed.count / (3 * width))")
        let output = Scalars(uninitialized: packed.count / 3, packed.type)
        Parallel.ranges(windows.count, grain: 1) { range in
            let gathered = Scalars(uninitialized: n * 3 * width, packed.type)
            let result = Scalars(uninitialized: n * width, packed.type)
            let scores = Scalars(uninitialized: n * n, packed.type)
            for window in range {
                let rows = windows.rows[window * n..<(window + 1) * n]
                copy(rows, of: packed, width: 3 * width, to: gathered)
                for head in 0..<headCount {
                    attend(
                        head, headCount, width, gathered, scores, result, bias: bias,
                        regions: windows.regions?[window * n..<(window + 1) * n])
                }
                let rowBytes = width * packed.type.byteCount
                for (position, row) in rows.enumerated() {
                    output.address(at: Int(row) * width).copyMemory(
                        from: result.address(at: position * width), byteCount: rowBytes)
                }
            }
        }
        return output
    }

    private static func copy(
        _ rows: ArraySlice<Int32>, of source: Scalars, width: Int, to target: Scalars
    ) {
        for (position, row) in rows.enumerated() {
            target.address(at: position * width).copyMemory(
                from: source.address(at: Int(row) * width),
                byteCount: width * source.type.byteCount)
        }
    }

    private static func attend(
        _ head: Int, _ headCount: Int, _ width: Int, _ packed: Scalars, _ scores: Scalars,
        _ result: Scalars, bias: Scalars, regions: ArraySlice<Int32>?
    ) {
        let (size, stride) = (width / headCount, 3 * width)
        let n = packed.count / stride
        MatrixProduct.product(
            m: n, n: n, k: size, type: packed.type,
            a: packed.address(at: head * size), false, stride,
            b: packed.address(at: width + head * size), true, stride,
            c: scores.address, n, 1, 0)
        let scale = 1 / Double(size).squareRoot()
        let headBias = bias.address(at: head * n * n)
        if let regions {
            regions.withUnsafeBufferPointer {
                duet_window_softmax(
                    packed.type.code, n, scale, headBias, $0.baseAddress, scores.address)
            }
        } else {
            duet_window_softmax(packed.type.code, n, scale, headBias, nil, scores.address)
        }
        MatrixProduct.product(
            m: n, n: size, k: n, type: packed.type, a: scores.address, false, n,
            b: packed.address(at: 2 * width + head * size), false, stride,
            c: result.address(at: head * size), width, 1, 0)
    }
}
