public import Tensors

/// An affine map of the last axis, with whatever adapter the blueprint gives it.
///
/// Formula: y = x·Wᵀ + b (+ the adapter)
/// Shapes:  x [t, inputs] → [t, outputs]; W [outputs, inputs], b [outputs]
public struct Linear {
    private let weight: Parameter
    private let bias: Parameter?
    private let adapted: AdaptedMap

    /// Claims `weight` and, when there is one, `bias`.
    public init(inputs: Int, outputs: Int, hasBias: Bool = false, at scope: Scope) throws {
        weight = try scope.matrix("weight", shape: [outputs, inputs], fill: .fanIn(inputs))
        bias = try hasBias ? scope.parameter("bias", shape: [outputs], fill: .fanIn(inputs)) : nil
        let adapter = try scope.adapter(inputs: inputs, outputs: outputs)
        adapted = AdaptedMap(adapters: adapter.map { [($0, 0..<outputs)] } ?? [])
    }

    /// Maps each row; the seed switches on dropout in the adapter.
    public func callAsFunction(_ x: Tensor, dropoutSeed: UInt64? = nil) -> Tensor {
        adapted(x, weight.weight, bias: bias?.tensor, dropoutSeed: dropoutSeed)
    }

    /// GELU of the map, as one step where no gradient, adapter or stored weight is in play.
    ///
    /// Formula: gelu(x·Wᵀ + b)
    public func activated(_ x: Tensor, _ form: GELUForm) -> Tensor {
        guard adapted.adapters.isEmpty, weight.stored == nil, let bias else {
            return self(x).gelu(form)
        }
        return x.activatedLinear(weight.tensor, bias: bias.tensor, form)
    }

    /// The map added to what goes around it, likewise.
    ///
    /// Formula: residual + x·Wᵀ + b
    public func added(to residual: Tensor, _ x: Tensor) -> Tensor {
        guard adapted.adapters.isEmpty, weight.stored == nil, let bias else {
            return residual + self(x)
        }
        return residual.addingLinear(of: x, weight.tensor, bias: bias.tensor)
    }
}
