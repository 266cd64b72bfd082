public import Tensors

/// Batch normalisation by its running statistics, as an affine map of each channel.
///
/// Formula: y = x ⊙ s + o, s = g/√(var + ε), o = shift - mean·s, computed in Double
/// Source:  Ioffe and Szegedy 2015 (arXiv:1502.03167)
public struct FixedBatchNorm {
    /// s, [channels]
    public let scale: Tensor
    /// o, [channels]
    public let offset: Tensor

    /// Reads `weight`, `bias`, `running_mean` and `running_var`, which are always frozen.
    ///
    /// Throws: when a variance is negative; a missing tensor is reported by `assemble`
    public init(channels: Int, epsilon: Double, at scope: Scope) throws {
        guard let map = try Self.map(channels: channels, epsilon: epsilon, at: scope) else {
            scale = Tensor.zeros([0], type: scope.scalarType)
            offset = scale
            return
        }
        scale = scope.constant(map.scale, shape: [channels])
        offset = scope.constant(map.offset, shape: [channels])
    }

    /// s and o, or nil when a tensor is missing, which `assemble` reports.
    static func map(
        channels: Int, epsilon: Double, at scope: Scope
    ) throws -> (scale: [Double], offset: [Double])? {
        let statistics = try [
            ("weight", Fill.ones), ("bias", .zeros), ("running_mean", .zeros),
            ("running_var", .ones),
        ].map { name, fill in try scope.values(name, shape: [channels], fill: fill) }
        guard let gain = statistics[0], let shift = statistics[1], let mean = statistics[2],
            let variance = statistics[3]
        else { return nil }
        let scale = zip(gain, variance).map { gain, variance in
            Double(gain) / (Double(variance) + epsilon).squareRoot()
        }
        guard scale.allSatisfy(\.isFinite) else {
            throw LayerError(
                .weights, subject: "\(scope.path).running_var",
                detail: "holds a variance that is negative or not a number",
                hint: "fetch the weights again")
        }
        let offset = scale.indices.map { Double(shift[$0]) - Double(mean[$0]) * scale[$0] }
        return (scale, offset)
    }
}
