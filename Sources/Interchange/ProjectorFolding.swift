package import Checkpointing

/// Projectors as other programs know them: weights and biases only.
package enum ProjectorFolding {
    /// Folds the statistics of features into weight and bias of the map that takes them.
    ///
    /// Formula: W' = W · diag(s); b' = b − W' μ, for y = W·((f − μ) ⊙ s) + b
    /// Exactness: scales multiply in float32 and the shift is summed in Double; nothing is left out
    package static func fold(
        _ tensors: [(key: String, value: StoredArray<Float>)]
    ) -> [(key: String, value: StoredArray<Float>)] {
        let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.key, $0.value) })
        return tensors.compactMap { name, tensor in
            guard let place = name.lastIndex(of: ".") else { return (name, tensor) }
            let (module, kind) = (name[..<place], name[place...].dropFirst())
            if kind == "feature_mean" || kind == "feature_scale" { return nil }
            // The first of two maps stands below the projector; the second takes no features.
            let projector = module.hasSuffix(".0") ? module.dropLast(2) : module
            guard let mean = byName["\(projector).feature_mean"]?.scalars,
                let scale = byName["\(projector).feature_scale"]?.scalars,
                let weight = byName["\(module).weight"]
            else { return (name, tensor) }
            switch kind {
            case "weight":
                let width = scale.count
                let folded = tensor.scalars.indices.map { tensor.scalars[$0] * scale[$0 % width] }
                return (name, StoredArray(shape: tensor.shape, scalars: folded))
            case "bias":
                let folded = tensor.scalars.indices.map { row -> Float in
                    let shift = mean.indices.reduce(0.0) { sum, column in
                        let entry = weight.scalars[row * mean.count + column]
                        return sum + Double(entry) * Double(scale[column]) * Double(mean[column])
                    }
                    return Float(Double(tensor.scalars[row]) - shift)
                }
                return (name, StoredArray(shape: tensor.shape, scalars: folded))
            default:
                return (name, tensor)
            }
        }
    }
}
