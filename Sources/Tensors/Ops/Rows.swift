internal import Kernels

extension Tensor {
    /// Rows by index: the embedding look-up.
    ///
    /// Shapes: [n, …] and k indices → [k, …]. Pullback: rows of dy are added up where they came from.
    /// Traps: when an index is outside.
    public func gatheringRows(_ indices: [Int32]) -> Tensor {
        let width = rowWidth("gatheringRows")
        let source = shape
        return Tensor(
            Movement.gather(indices, of: scalars, width: width),
            shape: [indices.count] + shape.dropFirst()
        ).derived(from: [self]) { dy in
            [
                Tensor(
                    Movement.scatterAdd(
                        dy.scalars, rows: indices, rowCount: source[0], width: width),
                    shape: source)
            ]
        }
    }

    /// These rows with row `indices[i]` replaced by row i of `replacement`: media features take
    /// their places among text embeddings.
    ///
    /// Shapes: [n, …], [k, …] → [n, …]. Pullback: dx = dy with the rows zeroed,
    /// dreplacement = the rows of dy.
    /// Traps: when an index is outside or occurs twice.
    public func replacingRows(_ indices: [Int32], with replacement: Tensor) -> Tensor {
        let width = rowWidth("replacingRows")
        precondition(
            replacement.shape == [indices.count] + shape.dropFirst()
                && Set(indices).count == indices.count,
            "replacingRows: \(indices.count) indices, \(replacement.shape) into \(shape)")
        let (source, needsBase) = (shape, isTracked)
        return Tensor(
            Movement.replaceRows(indices, of: scalars, width: width, with: replacement.scalars),
            shape: shape
        ).derived(from: [self, replacement]) { dy in
            [
                needsBase
                    ? Tensor(
                        Movement.replaceRows(indices, of: dy.scalars, width: width, with: nil),
                        shape: source) : nil,
                Tensor(
                    Movement.gather(indices, of: dy.scalars, width: width),
                    shape: [indices.count] + source.dropFirst()),
            ]
        }
    }

    /// These rows with row i of `addend` added to row `indices[i]`; indices may repeat.
    ///
    /// Shapes: [n, …], [k, …] → [n, …]. Pullback: dx = dy, daddend = the rows of dy.
    public func addingRows(_ indices: [Int32], _ addend: Tensor) -> Tensor {
        let width = rowWidth("addingRows")
        precondition(
            addend.shape == [indices.count] + shape.dropFirst(),
            "addingRows: \(indices.count) indices, \(addend.shape) into \(shape)")
        let rows = shape[0]
        return Tensor(
            Movement.scatterAdd(
                addend.scalars, rows: indices, rowCount: rows, width: width, to: scalars),
            shape: shape
        ).derived(from: [self, addend]) { dy in
            [
                dy,
                Tensor(
                    Movement.gather(indices, of: dy.scalars, width: width),
                    shape: [indices.count] + dy.shape.dropFirst()),
            ]
        }
    }

    private func rowWidth(_ operation: String) -> Int {
        precondition(rank >= 1, "\(operation): \(shape) has no rows")
        return shape.dropFirst().reduce(1, *)
    }
}
