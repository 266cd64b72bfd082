internal import CKernels

/// Cross-entropy fused with the output projection, a chunk of rows at a time, so that the logits of
/// all rows never exist together.
public enum CrossEntropy {
    /// Rows whose logits exist at a time: enough that a product does not spend its time on packing
    /// the projection, few enough that a vocabulary of 49,152 takes 50 MB.
    private static let chunkRows = 256

    /// The loss, and the gradients asked for.
    public struct Result: Sendable {
        /// Σ weight · (logΣexp(logits) − logit of the target)
        public let loss: Double
        /// The unweighted loss of every row.
        public let losses: [Double]
        /// d loss / d hidden [n, h]
        public let dHidden: Scalars?
        /// d loss / d projection [v, h]
        public let dProjection: Scalars?
    }

    /// Loss and gradients in one pass: logits = hidden · projectionᵀ.
    ///
    /// Shapes: hidden [n, h], projection [v, h], targets [n], weights [n].
    public static func evaluate(
        hidden: Scalars, projection: WeightMatrix, targets: [Int32], weights: [Double],
        wantsHidden: Bool, wantsProjection: Bool
    ) -> Result {
        let rows = targets.count
        let (vocabulary, width) = (projection.rows, projection.columns)
        precondition(
            hidden.count == rows * width && weights.count == rows,
            "crossEntropy: \(rows) targets, \(weights.count) weights, hidden \(hidden.count)")
        for target in targets where target < 0 || target >= vocabulary {
            preconditionFailure("crossEntropy: target \(target) of \(vocabulary) classes")
        }
        let type = hidden.type
        let scale =
            type == .float32 ? Scalars(weights.map(Float.init)) : Scalars(weights)
        let dHidden = wantsHidden ? Scalars(uninitialized: hidden.count, type) : nil
        let dProjection =
            wantsProjection ? Scalars(repeating: 0, count: vocabulary * width, type: type) : nil
        var losses = [Double](repeating: 0, count: rows)
        for start in stride(from: 0, to: rows, by: chunkRows) {
            let count = min(chunkRows, rows - start)
            let logits = Scalars(uninitialized: count * vocabulary, type)
            let block = Matrix(logits, rows: count, columns: vocabulary)
            let input = Matrix(hidden, start: start * width, rows: count, columns: width)
            MatrixProduct.multiply(input, projection, transposingB: true, into: block)
            score(logits, targets, scale, start: start, count: count, &losses)
            if let dHidden {
                MatrixProduct.multiply(
                    block, projection,
                    into: Matrix(dHidden, start: start * width, rows: count, columns: width))
            }
            if let dProjection {
                MatrixProduct.multiply(
                    block, transposingA: true, input,
                    into: Matrix(dProjection, rows: vocabulary, columns: width), beta: 1)
            }
        }
        let loss = losses.reduce(0, +)
        for row in 0..<rows where weights[row] != 0 { losses[row] /= weights[row] }
        return Result(loss: loss, losses: losses, dHidden: dHidden, dProjection: dProjection)
    }

    private static func score(
        _ logits: Scalars, _ targets: [Int32], _ weights: Scalars, start: Int, count: Int,
        _ losses: inout [Double]
    ) {
        let vocabulary = logits.count / count
        targets.withUnsafeBufferPointer { targets in
            losses.withUnsafeMutableBufferPointer { losses in
                // Safety: every range reads and writes rows of its own.
                nonisolated(unsafe) let (targets, losses) = (targets, losses)
                Parallel.ranges(count, grain: Elementwise.grain / vocabulary + 1) { range in
                    let row = start + range.lowerBound
                    duet_cross_entropy(
                        logits.type.code, range.count, vocabulary,
                        targets.baseAddress.map { $0 + row }, weights.address(at: row),
                        logits.address(at: range.lowerBound * vocabulary),
                        losses.baseAddress.map { $0 + row })
                }
            }
        }
    }
}
