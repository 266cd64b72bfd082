public import Tensors

/// Rows that stand for the beginning and the end of a clip among rows of features.
///
/// They carry no features, and one more channel says what a row is: 0 a feature, 1 a beginning, 2 an end.
/// So they go wherever features go, in any order.
public enum ClipBoundaries {
    /// Tokens that a clip has besides its features.
    public static let tokenCount = 2

    private static let (begin, end): (Float, Float) = (1, 2)

    /// A clip's features with its boundaries.
    ///
    /// Shapes: [n, f] → [n + 2, f + 1]
    public static func marked(_ features: Tensor) -> Tensor {
        let (count, width) = (features.shape[0], features.shape[1])
        var values = [Float](repeating: 0, count: (count + tokenCount) * (width + 1))
        features.withFloats { source in
            for row in 0..<count {
                let start = (row + 1) * (width + 1)
                for column in 0..<width { values[start + column] = source[row * width + column] }
            }
        }
        values[width] = begin
        values[values.count - 1] = end
        return Tensor(values, shape: [count + tokenCount, width + 1])
    }

    /// The features alone, of rows that may have boundaries among them.
    ///
    /// Shapes: [n, f] → itself, [n + 2, f + 1] → [n, f]
    public static func features(in rows: Tensor, size: Int) -> Tensor {
        if rows.shape[1] == size { return rows }
        let kinds = rows.slice(axis: 1, size..<size + 1).floats
        let kept = kinds.indices.filter { kinds[$0] == 0 }.map { Int32($0) }
        return rows.slice(axis: 1, 0..<size).gatheringRows(kept)
    }

    /// The rows of each boundary.
    static func rows(of marked: Tensor, size: Int) -> (begins: [Int32], ends: [Int32]) {
        let kinds = marked.slice(axis: 1, size..<size + 1).floats
        func rows(_ kind: Float) -> [Int32] {
            kinds.indices.filter { kinds[$0] == kind }.map { Int32($0) }
        }
        return (rows(begin), rows(end))
    }
}
