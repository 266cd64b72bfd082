internal import Kernels

/// A loss and what it is made of.
public struct CrossEntropyResult: Sendable {
    /// Σ weight · loss, tracked.
    public let loss: Tensor
    /// −log p(target) of every row, unweighted.
    public let losses: [Double]
}

extension Tensor {
    /// Cross-entropy of rows against targets, fused with the output projection; logits exist only a
    /// chunk of rows at a time.
    ///
    /// Formula: Σ wᵢ (logΣexp(hᵢ Wᵀ) − (hᵢ Wᵀ)[targetᵢ])
    /// Shapes: self [n, h], projection [v, h], targets [n], weights [n] → one number
    /// Pullback: with g = w ⊙ (softmax − one-hot): dhidden = dy · g W, dprojection = dy · gᵀ hidden
    /// Traps: when a target is outside the vocabulary.
    public func crossEntropy(
        projection: Tensor, targets: [Int32], weights: [Double]
    ) -> CrossEntropyResult {
        crossEntropy(projection: .tensor(projection), targets: targets, weights: weights)
    }

    /// The same with a projection that may be as its file stores it.
    public func crossEntropy(
        projection: Weight, targets: [Int32], weights: [Double]
    ) -> CrossEntropyResult {
        precondition(
            rank == 2 && projection.shape.count == 2 && shape[1] == projection.shape[1]
                && shape[0] == targets.count && weights.count == targets.count,
            "crossEntropy: \(shape) × \(projection.shape)ᵀ, \(targets.count) targets")
        let result = CrossEntropy.evaluate(
            hidden: scalars, projection: projection.matrix, targets: targets,
            weights: weights, wantsHidden: isTracked, wantsProjection: projection.isTracked)
        let (hiddenShape, projectionShape) = (shape, projection.shape)
        let loss = Tensor.filled(result.loss, shape: [], type: scalarType)
            .derived(from: [self, projection.history]) { dy in
                let factor = dy.item
                return [
                    result.dHidden.map {
                        Tensor(Elementwise.affine($0, scale: factor), shape: hiddenShape)
                    },
                    result.dProjection.map {
                        Tensor(Elementwise.affine($0, scale: factor), shape: projectionShape)
                    },
                ]
            }
        return CrossEntropyResult(loss: loss, losses: result.losses)
    }
}
