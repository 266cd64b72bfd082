internal import Datasets
internal import Layers
internal import Models
internal import Optimization
internal import Tensors

/// What the samples of each modality give to the gradient of a step.
enum ModalityNorms {
    /// The norm of each modality's part of the gradient.
    ///
    /// The batches are computed again for each modality, with the same dropout and the targets of the
    /// others counting nothing, so these parts are what the step adds up. Nothing that is trained
    /// changes.
    /// Formula: ‖∂Lₘ/∂θ‖ with L = Σₘ Lₘ the loss of the step
    static func measure(
        _ batches: [PreparedBatch], _ model: AudioVisualModel, _ trained: [Parameter]
    ) -> [Modality: Double] {
        var norms: [Modality: Double] = [:]
        for modality in Modality.allCases
        where batches.contains(where: { $0.packed.modalities.contains(modality) }) {
            var window = GradientWindow()
            for batch in batches {
                let result = model.loss(
                    of: batch.input(countingOnly: modality), dropoutSeed: batch.dropoutSeed)
                window.add(
                    gradients(of: result.loss), of: trained, weight: batch.input.lossWeight)
            }
            norms[modality] = window.norm(of: trained)
        }
        return norms
    }
}

extension PreparedBatch {
    /// What to compute on, the targets of other modalities weighted 0.
    fileprivate func input(countingOnly modality: Modality) -> AudioVisualBatch {
        let chosen = zip(packed.modalities, packed.supervisedRanges).flatMap {
            [Double](repeating: $0 == modality ? 1 : 0, count: $1.count)
        }
        let weights = input.lossWeights.map { own in zip(own, chosen).map { $0 * $1 } }
        return AudioVisualBatch(
            tokens: input.tokens, layout: input.layout, visual: input.visual, audio: input.audio,
            supervisedRows: input.supervisedRows, targets: input.targets,
            lossWeights: weights ?? chosen)
    }
}
