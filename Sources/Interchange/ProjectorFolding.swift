package import Checkpointing

/// Projectors as other programs know them: one weight and one bias.
package enum ProjectorFolding {
    /// Folds the statistics of features into weight and bias.
    ///
    /// Formula: W' = W · diag(s); b' = b − W' μ, for y = W·((f − μ) ⊙ s) + b
    package static func fold(
        _ tensors: [(key: String, value: StoredArray<Float>)]
    ) -> [(key: String, value: StoredArray<Float>)] {
        let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.key, $0.value) })
        return tensors.compactMap { name, tensor in
            guard let place = name.lastIndex(of: ".") else { return (name, tensor) }
            let (module, kind) = (name[..<place], name[place...].dropFirst())
            guard let mean = byName["\(module).feature_mean"]?.scalars,
                let scale = byName["\(module).feature_scale"]?.scalars,
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
            case "feature_mean", "feature_scale":
                return nil
            default:
                return (name, tensor)
            }
        }
    }
}
