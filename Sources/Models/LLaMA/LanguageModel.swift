import Kernels
public import Layers
public import Tensors

/// A decoder of the LLaMA family: embeddings in, hidden states out.
///
/// Source: Touvron et al. 2023 (arXiv:2302.13971); transformers' LlamaForCausalLM
public struct LanguageModel {
    /// The sizes and constants.
    public let configuration: LanguageModelConfiguration
    let heads: AttentionHeads
    let layers: [DecoderLayer]
    let norm: RMSNorm
    private let embedding: Embedding
    private let head: Parameter?

    /// Claims Hugging Face's names: `model.embed_tokens`, `model.layers.N`, `model.norm`, `lm_head`.
    public init(_ configuration: LanguageModelConfiguration, at scope: Scope) throws {
        self.configuration = configuration
        heads = AttentionHeads(
            query: configuration.queryHeadCount, keyValue: configuration.keyValueHeadCount,
            size: configuration.headSize)
        let model = scope / "model"
        embedding = try Embedding(
            count: configuration.vocabularyCount, size: configuration.hiddenSize,
            at: model / "embed_tokens")
        layers = try (0..<configuration.layerCount).map { index in
            try DecoderLayer(configuration, at: model / "layers" / index)
        }
        norm = try RMSNorm(
            size: configuration.hiddenSize, epsilon: configuration.normEpsilon, at: model / "norm")
        head =
            try configuration.isTied
            ? nil
            : (scope / "lm_head").matrix(
                "weight", shape: [configuration.vocabularyCount, configuration.hiddenSize],
                fill: .normal(deviation: 0.02))
    }

    /// How large the embedding of a token usually is: the median, over at most about a thousand tokens
    /// at equal distances, of the root mean square of its numbers.
    public var embeddingRMS: Double {
        let count = configuration.vocabularyCount
        let ids = stride(from: 0, to: count, by: Swift.max(1, count / 1024)).map { Int32($0) }
        let width = configuration.hiddenSize
        let values = embedding.weight.weight.gatheringRows(ids).doubles
        let sizes = ids.indices.map { row -> Double in
            let squares = values[row * width..<(row + 1) * width].reduce(0.0) { $0 + $1 * $1 }
            return (squares / Double(width)).squareRoot()
        }
        return sizes.sorted()[sizes.count / 2]
    }

    /// The vectors of tokens.
    ///
    /// Shapes: ids [t] → [t, hidden]
    /// Traps:  when an id is outside of the vocabulary
    public func embeddings(of ids: [Int32]) -> Tensor {
        inLayer("model.embed_tokens") { embedding(ids) }
    }

    /// The final hidden states of a packed batch, at all rows or at some.
    ///
    /// With `recomputing`, a layer keeps only its input and is run again on the way back: the same
    /// gradients in a fraction of the memory, for about a third more time.
    /// Shapes: embeddings [t, hidden], rows [n] → [n, hidden]
    public func callAsFunction(
        _ embeddings: Tensor, layout: SequenceLayout, rows: [Int32]? = nil,
        dropoutSeed: UInt64? = nil, recomputing: Bool = false
    ) -> Tensor {
        let attend = attention(layout, type: embeddings.scalarType)
        var x = embeddings
        for (index, layer) in layers.enumerated() {
            let kept = index == layers.count - 1 ? rows : nil
            let run = { (x: Tensor) in
                inLayer("model.layers.\(index)") {
                    layer(x, rows: kept, dropoutSeed: dropoutSeed, attend: attend)
                }
            }
            x = recomputing ? x.recomputed(run) : run(x)
        }
        return inLayer("model.norm") { norm(x) }
    }

    /// The embeddings, every layer's output, and in the last one's place the final hidden states.
    ///
    /// Source: transformers' `output_hidden_states`
    public func hiddenStates(_ embeddings: Tensor, layout: SequenceLayout) -> [Tensor] {
        let attend = attention(layout, type: embeddings.scalarType)
        var states = [embeddings]
        var x = embeddings
        for layer in layers {
            x = layer(x, dropoutSeed: nil, attend: attend)
            states.append(x)
        }
        states[states.count - 1] = norm(x)
        return states
    }

    /// The scores of every token at final hidden states.
    ///
    /// Shapes: [t, hidden] → [t, v]
    public func logits(_ hidden: Tensor) -> Tensor {
        hidden.linear(projection)
    }

    /// The summed cross-entropy of hidden states; logits exist only a chunk of rows at a time.
    ///
    /// Shapes: hidden [n, hidden], targets [n], weights [n] or nil for 1 each → one number, and the
    ///         unweighted loss of each row
    public func loss(
        _ hidden: Tensor, targets: [Int32], weights: [Double]? = nil
    ) -> CrossEntropyResult {
        inLayer(configuration.isTied ? "model.embed_tokens" : "lm_head") {
            hidden.crossEntropy(
                projection: projection, targets: targets,
                weights: weights ?? [Double](repeating: 1, count: targets.count))
        }
    }

    /// Cosines and sines for some positions.
    func rotaryTable(positionCount: Int, type: ScalarType) -> RotaryTable {
        RotaryTable(
            frequencies: configuration.rotaryFrequencies, positionCount: positionCount, type: type)
    }

    /// Packed rows with their queries and keys rotated.
    func rotated(_ packed: Tensor, _ table: RotaryTable, positions: [Int32]) -> Tensor {
        packed.rotated(table, positions: positions, heads: heads.query + heads.keyValue)
    }

    private var projection: Weight { head?.weight ?? embedding.weight.weight }

    private func attention(_ layout: SequenceLayout, type: ScalarType) -> (Tensor) -> Tensor {
        let table = rotaryTable(positionCount: layout.positionCount, type: type)
        return { packed in
            rotated(packed, table, positions: layout.positions)
                .attention(heads: heads, segments: layout.segments, isCausal: true)
        }
    }
}
