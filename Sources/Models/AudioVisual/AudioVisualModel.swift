public import Layers
public import Tensors

/// A language model that sees and hears: projected features stand among the embeddings of text.
///
/// Source: Liu et al. 2023 (arXiv:2304.08485); Zhang et al. 2023 (arXiv:2306.02858) for two modalities
public struct AudioVisualModel {
    /// The language model.
    public let language: LanguageModel
    /// The projector of visual features, when the model sees.
    public let visualProjector: Projector?
    /// The projector of audio features, when the model hears.
    public let audioProjector: Projector?
    private let recomputesLayers: Bool

    /// Claims the language model's names and LLaVA's `model.mm_projector` and `model.mm_projector_a`; a
    /// modality without a feature size has no projector. With `recomputingLayers`, the loss keeps only
    /// the input of each layer and runs it again on the way back.
    public init(
        _ configuration: LanguageModelConfiguration, visualFeatureSize: Int?,
        audioFeatureSize: Int?, projector kind: ProjectorKind = .linear,
        visualHasBoundaryTokens: Bool = false, audioHasBoundaryTokens: Bool = false,
        recomputingLayers: Bool = false, at scope: Scope
    ) throws {
        recomputesLayers = recomputingLayers
        language = try LanguageModel(configuration, at: scope)
        func projector(
            _ name: String, _ featureSize: Int?, _ hasBoundaryTokens: Bool
        ) throws -> Projector? {
            try featureSize.map {
                try Projector(
                    kind, featureSize: $0, hiddenSize: configuration.hiddenSize,
                    hasBoundaryTokens: hasBoundaryTokens, at: scope / "model" / name)
            }
        }
        visualProjector = try projector(
            "mm_projector", visualFeatureSize, visualHasBoundaryTokens)
        audioProjector = try projector(
            "mm_projector_a", audioFeatureSize, audioHasBoundaryTokens)
    }

    /// The embeddings of a batch, with projected features in the media's rows.
    ///
    /// Shapes: [t, hidden]
    /// Traps:  when the batch has features of a modality that the model has no projector for
    public func embeddings(of batch: AudioVisualBatch) -> Tensor {
        var embeddings = language.embeddings(of: batch.tokens)
        for (media, projector, name) in [
            (batch.visual, visualProjector, "mm_projector"),
            (batch.audio, audioProjector, "mm_projector_a"),
        ] {
            guard let media else { continue }
            guard let projector else {
                preconditionFailure("batch: features of a modality without a projector")
            }
            embeddings = inLayer("model.\(name)") {
                embeddings.replacingRows(media.rows, with: projector(media.features))
            }
        }
        return embeddings
    }

    /// The final hidden states of a batch.
    ///
    /// Shapes: [t, hidden]
    public func hidden(of batch: AudioVisualBatch) -> Tensor {
        language(embeddings(of: batch), layout: batch.layout)
    }

    /// The summed loss of a batch's supervised tokens, each times its weight, and the loss of each
    /// without it; the seed switches on dropout.
    public func loss(of batch: AudioVisualBatch, dropoutSeed: UInt64? = nil) -> CrossEntropyResult {
        let hidden = language(
            embeddings(of: batch), layout: batch.layout, rows: batch.supervisedRows,
            dropoutSeed: dropoutSeed, recomputing: recomputesLayers)
        return language.loss(hidden, targets: batch.targets, weights: batch.lossWeights)
    }
}
