internal import Kernels

extension Tensor {
    /// Root-mean-square normalisation of rows.
    ///
    /// Formula: y = x / √(mean(x²) + ε) ⊙ weight
    /// Shapes: [t, h], weight [h] → [t, h]
    /// Pullback: with r = 1 / √(mean(x²) + ε) and g = dy ⊙ weight:
    /// dx = r g − x r³ mean(g ⊙ x), dweight = Σ dy ⊙ x r
    /// Source: Zhang & Sennrich 2019 (arXiv:1910.07467)
    public func rmsNorm(weight: Tensor, epsilon: Double) -> Tensor {
        precondition(
            weight.shape == [shape.last ?? 0], "rmsNorm: weight \(weight.shape) for \(shape)")
        let width = weight.scalarCount
        let (x, scale) = (detached(), weight.detached())
        let (needsInput, needsWeight) = (isTracked, weight.isTracked)
        let result = Normalization.rms(
            scalars, weight: weight.scalars, width: width, epsilon: epsilon)
        let inverse = result.inverseRMS
        return Tensor(result.y, shape: shape).derived(
            from: [self, weight],
            remaking: {
                Normalization.rms(
                    x.scalars, weight: scale.scalars, width: width, epsilon: epsilon
                ).y
            }
        ) { dy in
            let (dx, dweight) = Normalization.rmsPullback(
                x.scalars, weight: scale.scalars, inverseRMS: inverse, dy: dy.scalars,
                width: width, wantsInput: needsInput, wantsWeight: needsWeight)
            return [
                dx.map { Tensor($0, shape: x.shape) }, dweight.map { Tensor($0, shape: [width]) },
            ]
        }
    }

    /// Normalisation of rows to mean 0 and variance 1.
    ///
    /// Formula: y = (x − mean) / √(variance + ε) ⊙ weight + bias
    /// Shapes: [t, h], weight [h], bias [h] → [t, h]
    /// Pullback: with x̂ = (x − mean) r and g = dy ⊙ weight: dx = r (g − mean(g) − x̂ mean(g ⊙ x̂)),
    /// dweight = Σ dy ⊙ x̂, dbias = Σ dy
    /// Source: Ba et al. 2016 (arXiv:1607.06450)
    public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double) -> Tensor {
        precondition(
            weight.shape == [shape.last ?? 0] && bias.shape == weight.shape,
            "layerNorm: weight \(weight.shape), bias \(bias.shape) for \(shape)")
        let width = weight.scalarCount
        let (x, scale) = (detached(), weight.detached())
        let needsInput = isTracked
        let needsWeights = weight.isTracked || bias.isTracked
        let result = Normalization.layer(
            scalars, weight: weight.scalars, bias: bias.scalars, width: width, epsilon: epsilon)
        return Tensor(result.y, shape: shape).derived(from: [self, weight, bias]) { dy in
            let (dx, dweight, dbias) = Normalization.layerPullback(
                x.scalars, weight: scale.scalars, result, dy: dy.scalars, width: width,
                wantsInput: needsInput, wantsWeights: needsWeights)
            return [
                dx.map { Tensor($0, shape: x.shape) }, dweight.map { Tensor($0, shape: [width]) },
                dbias.map { Tensor($0, shape: [width]) },
            ]
        }
    }
}
