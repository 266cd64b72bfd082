public import Tensors

/// A table of vectors looked up by number.
///
/// Shapes: ids [t] → [t, size]
public struct Embedding {
    /// The table, [count, size].
    public let weight: Parameter

    /// Claims `weight`.
    public init(count: Int, size: Int, at scope: Scope) throws {
        weight = try scope.matrix(
            "weight", shape: [count, size], fill: .normal(deviation: 0.02))
    }

    /// The rows of some numbers.
    ///
    /// Traps: when a number is outside of the table
    public func callAsFunction(_ ids: [Int32]) -> Tensor {
        weight.weight.gatheringRows(ids)
    }
}
