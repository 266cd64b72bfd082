import Kernels
public import Layers
public import Tensors

/// A language model whose layers are read when their turn comes and forgotten afterwards.
///
/// It computes what `LanguageModel` does, in the memory of one layer and of the table of embeddings: to
/// look into models that do not fit, and at files that were just written.
public struct LayerwiseLanguageModel {
    /// The sizes and constants.
    public let configuration: LanguageModelConfiguration
    private let source: any WeightSource
    private let updates: [LowRankUpdate]
    /// What is done before each layer; what it throws ends the computation.
    public var beforeLayer: () throws -> Void = {}

    /// Names where weights come from, and adapters that are added to them.
    public init(
        _ configuration: LanguageModelConfiguration, source: any WeightSource,
        updates: [LowRankUpdate] = []
    ) {
        self.configuration = configuration
        self.source = source
        self.updates = updates
    }

    /// The vectors of tokens.
    ///
    /// Shapes: ids [t] → [t, hidden]
    /// Throws: when the table cannot be read
    public func embeddings(of ids: [Int32]) throws -> Tensor {
        try table("model.embed_tokens.weight").gatheringRows(ids)
    }

    /// The scores of every token at every row of a packed batch.
    ///
    /// Shapes: embeddings [t, hidden] → [t, v]
    /// Throws: when a layer's weights cannot be read or have other shapes, and what `beforeLayer` throws
    public func logits(_ embeddings: Tensor, layout: SequenceLayout) throws -> Tensor {
        let hidden = try hidden(embeddings, layout: layout)
        let name = configuration.isTied ? "model.embed_tokens.weight" : "lm_head.weight"
        let table = try table(name)
        return withoutGradients { hidden.linear(table) }
    }

    private func hidden(_ embeddings: Tensor, layout: SequenceLayout) throws -> Tensor {
        let heads = AttentionHeads(
            query: configuration.queryHeadCount, keyValue: configuration.keyValueHeadCount,
            size: configuration.headSize)
        let rotary = RotaryTable(
            frequencies: configuration.rotaryFrequencies, positionCount: layout.positionCount,
            type: embeddings.scalarType)
        var x = embeddings
        for index in 0..<configuration.layerCount {
            try beforeLayer()
            let layer = try layer(index)
            x = withoutGradients {
                layer(x, dropoutSeed: nil) { packed in
                    packed.rotated(
                        rotary, positions: layout.positions, heads: heads.query + heads.keyValue
                    ).attention(heads: heads, segments: layout.segments, isCausal: true)
                }
            }
        }
        let norm = try Blueprint(source: source).assemble {
            try RMSNorm(
                size: configuration.hiddenSize, epsilon: configuration.normEpsilon,
                at: $0 / "model" / "norm")
        }.model
        return withoutGradients { norm(x) }
    }

    private func layer(_ index: Int) throws -> DecoderLayer {
        let own = updates.filter { $0.module.hasPrefix("model.layers.\(index).") }
        let blueprint = Blueprint(
            source: CombinedWeights([LowRankUpdate.weights(own), source]),
            plan: TrainingPlan(adaptation: try LowRankUpdate.adaptation(own)))
        let layer = try blueprint.assemble {
            try DecoderLayer(configuration, at: $0 / "model" / "layers" / index)
        }.model
        try forget { $0.hasPrefix("model.layers.\(index).") }
        return layer
    }

    private func table(_ path: String) throws -> Tensor {
        let shape = [configuration.vocabularyCount, configuration.hiddenSize]
        let found = try source.shape(of: path)
        guard found == shape else {
            throw ModelError(
                .weights, subject: path,
                detail: "is \(found.map { "\($0)" } ?? "missing"); expected \(shape)",
                hint: "check that configuration and weights belong together")
        }
        let table = try Tensor(shape: shape) { try source.read(path, into: $0) }
        try forget { $0 == path }
        return table
    }

    /// Lets go of what a file still holds in memory of parameters that were read.
    private func forget(_ isRead: (String) -> Bool) throws {
        guard let file = source as? FileWeights else { return }
        for (path, _) in configuration.parameterShapes where isRead(path) { try file.release(path) }
    }
}
