import Tensors

/// A linear map of rows with adapters on some of its outputs: what `Linear` and `MergedLinear` share.
struct AdaptedMap {
    /// The adapters and the outputs that each acts on, in order and disjoint.
    let adapters: [(adapter: Adapter, outputs: Range<Int>)]

    /// x·Wᵀ + b with what the adapters make of it; the seed switches on dropout.
    func callAsFunction(
        _ x: Tensor, _ weight: Weight, bias: Tensor?, dropoutSeed: UInt64?
    ) -> Tensor {
        guard adapters.contains(where: { $0.adapter.decomposition != nil }) else {
            return x.linear(weight, bias: bias, adapters: operands(dropoutSeed))
        }
        let drops = adapters.contains { $0.adapter.settings.dropoutRate > 0 }
        if dropoutSeed != nil, drops {
            let addends = joined(weight.shape[0], axis: 1) { adapter, _ in
                adapter.change(of: x, dropoutSeed: dropoutSeed)
            } between: {
                Tensor.zeros([x.shape[0], $0], type: x.scalarType)
            }
            return x.linear(weight, bias: bias) + addends
        }
        let gains = joined(weight.shape[0], axis: 0) { adapter, outputs in
            adapter.gain ?? Tensor.filled(1, shape: [outputs.count], type: x.scalarType)
        } between: {
            Tensor.filled(1, shape: [$0], type: x.scalarType)
        }
        let y = x.linear(weight, adapters: operands(nil)) * gains
        return bias.map { y + $0 } ?? y
    }

    private func operands(_ dropoutSeed: UInt64?) -> [LowRankAdapter] {
        adapters.map { $0.adapter.operand(outputs: $0.outputs, dropoutSeed: dropoutSeed) }
    }

    /// Something for every adapter's outputs, and something else for the outputs between them.
    private func joined(
        _ outputCount: Int, axis: Int, _ own: (Adapter, Range<Int>) -> Tensor,
        between: (Int) -> Tensor
    ) -> Tensor {
        var parts: [Tensor] = []
        var end = 0
        for (adapter, outputs) in adapters {
            if outputs.lowerBound > end { parts.append(between(outputs.lowerBound - end)) }
            parts.append(own(adapter, outputs))
            end = outputs.upperBound
        }
        if outputCount > end { parts.append(between(outputCount - end)) }
        return parts.count == 1 ? parts[0] : Tensor.concatenated(parts, axis: axis)
    }
}
