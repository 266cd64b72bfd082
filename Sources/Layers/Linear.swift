public import Tensors

/// An affine map of the last axis, with whatever adapter the blueprint gives it.
///
/// Formula: y = x·Wᵀ + b (+ the adapter)
/// Shapes:  x [t, inputs] → [t, outputs]; W [outputs, inputs], b [outputs]
public struct Linear {
    private let weight: Parameter
    private let bias: Parameter?
    private let adapter: Adapter?

    /// Claims `weight` and, when there is one, `bias`.
    public init(inputs: Int, outputs: Int, hasBias: Bool = false, at scope: Scope) throws {
        weight = try scope.matrix("weight", shape: [outputs, inputs], fill: .fanIn(inputs))
        bias = try hasBias ? scope.parameter("bias", shape: [outputs], fill: .fanIn(inputs)) : nil
        adapter = try scope.adapter(inputs: inputs, outputs: outputs)
    }

    /// Maps each row; the seed switches on dropout in the adapter.
    public func callAsFunction(_ x: Tensor, dropoutSeed: UInt64? = nil) -> Tensor {
        let outputs = 0..<weight.shape[0]
        let adapters = adapter.map { [$0.operand(outputs: outputs, dropoutSeed: dropoutSeed)] }
        return x.linear(weight.weight, bias: bias?.tensor, adapters: adapters ?? [])
    }

    /// GELU of the map, as one step where no gradient, adapter or stored weight is in play.
    ///
    /// Formula: gelu(x·Wᵀ + b)
    public func activated(_ x: Tensor, _ form: GELUForm) -> Tensor {
        guard adapter == nil, weight.stored == nil, let bias else { return self(x).gelu(form) }
        return x.activatedLinear(weight.tensor, bias: bias.tensor, form)
    }

    /// The map added to what goes around it, likewise.
    ///
    /// Formula: residual + x·Wᵀ + b
    public func added(to residual: Tensor, _ x: Tensor) -> Tensor {
        guard adapter == nil, weight.stored == nil, let bias else { return residual + self(x) }
        return residual.addingLinear(of: x, weight.tensor, bias: bias.tensor)
    }
}
