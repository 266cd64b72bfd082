import Tensors

extension Scope {
    /// The adapter of the linear map at this place, or nil when the plan gives it none.
    ///
    /// Adapters start fresh unless the source has them: A as PyTorch's linear weights, B zero. Their
    /// linear map's weight has been claimed before.
    /// Source: PEFT's LoraLayer.reset_lora_parameters
    func adapter(inputs: Int, outputs: Int) throws -> Adapter? {
        guard let settings = try blueprint.adaptation(of: path) else { return nil }
        let a = try claim(
            pathOf("lora_A.weight"), shape: [settings.rank, inputs], fill: .fanIn(inputs),
            isTrained: true, isOptional: true)
        let b = try claim(
            pathOf("lora_B.weight"), shape: [outputs, settings.rank], fill: .zeros,
            isTrained: true, isOptional: true)
        let adapter = Adapter(
            module: path, a: a, b: b, settings: settings,
            decomposition: settings.isWeightDecomposed
                ? try decomposition(a: a, b: b, scale: settings.scale) : nil)
        blueprint.addAdapter(adapter)
        return adapter
    }

    /// The lengths of the rows of the linear map at this place; fresh ones are those that the rows have.
    ///
    /// Returns nil when the weight or a factor is missing or mismatched, which `assemble` reports.
    /// Throws: when a row has no direction, or the weight is trained too
    private func decomposition(
        a: Parameter, b: Parameter, scale: Double
    ) throws -> WeightDecomposition? {
        guard let weight = blueprint.parameter(pathOf("weight")), weight.isLoaded, a.isLoaded,
            b.isLoaded
        else { return nil }
        if weight.isTrained {
            throw LayerError(
                .plan, subject: path, detail: "its weight is trained and decomposed (DoRA) at once",
                hint: "train it as a whole, or by a plain adapter")
        }
        let norms = RowNorms(weight.weight)
        let lengths = norms.adapted(a: a.value, b: b.value, scale: scale)
        if let row = lengths.doubles.firstIndex(where: { !($0 > 0) }) {
            throw LayerError(
                .weights, subject: weight.path,
                detail: "row \(row) is zero and has no direction to be decomposed into (DoRA)",
                hint: "adapt other linear maps, or train without weight decomposition")
        }
        let name = pathOf("lora_magnitude_vector")
        let origin = try blueprint.claim(name, shape: lengths.shape, isOptional: true)
        let value: Tensor? =
            switch origin {
            case .stored:
                try blueprint.tensor(shape: lengths.shape) {
                    try blueprint.write(name, from: .stored, fill: .zeros, into: $0)
                }
            case .fresh: lengths
            case nil: nil
            }
        return WeightDecomposition(
            magnitude: blueprint.addParameter(
                name, shape: lengths.shape, isTrained: true, value: value),
            weight: weight, norms: norms)
    }
}
