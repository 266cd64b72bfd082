import Kernels
public import Layers
public import Tensors

/// Gradients summed over the micro-batches of one optimizer step.
///
/// Formula: g = Σ gᵢ / Σ wᵢ with gᵢ the gradient of a micro-batch's summed loss and wᵢ its weight; with the
///          count of supervised tokens as weight, a window counts every supervised token the same
/// Source:  Hugging Face Trainer's num_items_in_batch
public struct GradientWindow {
    private var sums: [Int: Tensor] = [:]
    /// The sum of the weights, for instance the supervised tokens of the window.
    public private(set) var weight: Double = 0

    /// An empty window.
    public init() {}

    /// Adds the gradients of one micro-batch's summed loss.
    public mutating func add(
        _ gradients: Gradients, of parameters: [Parameter], weight: Double
    ) {
        for parameter in parameters {
            guard let gradient = gradients[parameter.key] else { continue }
            sums[parameter.key] = sums[parameter.key].map { $0 + gradient } ?? gradient
        }
        self.weight += weight
    }

    /// The summed, not yet divided gradient of a parameter; nil when no micro-batch reached it.
    public subscript(parameter: Parameter) -> Tensor? { sums[parameter.key] }

    /// The norm of these parameters' gradients together.
    ///
    /// Formula: ‖g‖ with g = Σ gᵢ / Σ wᵢ
    public func norm(of parameters: [Parameter]) -> Double {
        let squares = parameters.reduce(0.0) { sum, parameter in
            sum + (self[parameter].map { Reductions.sumOfSquares($0.scalars) } ?? 0)
        }
        return squares.squareRoot() / weight
    }
}
