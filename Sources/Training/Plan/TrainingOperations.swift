package import Models

/// Operations that a language model needs for a batch.
///
/// Units: floating-point operations; a fused multiply-add is two
package struct TrainingOperations: Sendable {
    private let layers: Double
    private let queryWidth: Double
    private let layerWeights: Double
    private let outputWeights: Double
    private let adapterScalars: Double
    private let runsAgain: Bool

    /// Counts for a model with so many numbers in its adapters; with `recomputing`, layers run forward
    /// twice.
    package init(
        _ configuration: LanguageModelConfiguration, adapterScalarCount: Int,
        recomputing: Bool = false
    ) {
        let c = configuration
        queryWidth = Double(c.queryHeadCount * c.headSize)
        let keyWidth = Double(c.keyValueHeadCount * c.headSize)
        let (hidden, inner) = (Double(c.hiddenSize), Double(c.feedForwardSize))
        layers = Double(c.layerCount)
        layerWeights = layers * (hidden * (2 * queryWidth + 2 * keyWidth) + 3 * hidden * inner)
        outputWeights = hidden * Double(c.vocabularyCount)
        adapterScalars = Double(adapterScalarCount)
        runsAgain = recomputing
    }

    /// Forward only: every weight once, the output projection at supervised rows, causal attention.
    package func forward(rowCount: Int, pairCount: Double, supervisedCount: Int) -> Double {
        layersOnce(rowCount, pairCount) + 2 * Double(supervisedCount) * outputWeights
    }

    /// Forward and back: frozen weights forward and for input gradients, the output projection at
    /// supervised rows twice, adapters three times, causal attention once forward and twice back.
    package func step(rowCount: Int, pairCount: Double, supervisedCount: Int) -> Double {
        let rows = Double(rowCount)
        return 4 * rows * layerWeights + 6 * rows * adapterScalars + 3 * attention(pairCount)
            + 4 * Double(supervisedCount) * outputWeights
            + (runsAgain ? layersOnce(rowCount, pairCount) : 0)
    }

    func forward(_ shape: BatchShape) -> Double {
        forward(
            rowCount: shape.rowCount, pairCount: shape.pairCount,
            supervisedCount: shape.supervisedCount)
    }

    func step(_ shape: BatchShape) -> Double {
        step(
            rowCount: shape.rowCount, pairCount: shape.pairCount,
            supervisedCount: shape.supervisedCount)
    }

    private func layersOnce(_ rowCount: Int, _ pairCount: Double) -> Double {
        2 * Double(rowCount) * (layerWeights + adapterScalars) + attention(pairCount)
    }

    private func attention(_ pairCount: Double) -> Double { 4 * pairCount * queryWidth * layers }
}
