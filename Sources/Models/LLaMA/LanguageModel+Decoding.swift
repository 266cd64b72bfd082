import Kernels
import Layers
public import Tensors

extension LanguageModel {
    /// Positions that a new cache has room for beyond its prompts.
    private static let room = 64

    /// Runs whole sequences and keeps their keys and values.
    ///
    /// Shapes: embeddings [sum of lengths, hidden] → final hidden state of each sequence's last row [b, hidden]
    /// Traps:  when a sequence is empty
    public func prefill(
        _ embeddings: Tensor, lengths: [Int]
    ) -> (hidden: Tensor, cache: KeyValueCache) {
        let layout = SequenceLayout(lengths: lengths)
        precondition(
            !lengths.contains { $0 < 1 } && embeddings.shape[0] == layout.positions.count,
            "prefill: lengths \(lengths) don't cover \(embeddings.shape)")
        let type = embeddings.scalarType
        let table = rotaryTable(positionCount: layout.positionCount + Self.room, type: type)
        var memories = lengths.map {
            SequenceMemory(
                layerCount: layers.count, heads: heads, capacity: $0 + Self.room, type: type)
        }
        var x = embeddings
        for (index, layer) in layers.enumerated() {
            x = layer(x, dropoutSeed: nil) { packed in
                let rows = rotated(packed, table, positions: layout.positions)
                rows.keepKeysAndValues(of: layout.segments, layer: index, in: &memories)
                return rows.attention(heads: heads, segments: layout.segments, isCausal: true)
            }
        }
        DecodingAttention.advance(&memories, by: lengths)
        let ends = layout.segments.map { Int32($0.start + $0.count - 1) }
        return (norm(x.gatheringRows(ends)), KeyValueCache(memories: memories, rotary: table))
    }

    /// Continues every sequence of a cache by one token; no history is kept for gradients.
    ///
    /// Shapes: embeddings [b, hidden] → final hidden states [b, hidden]
    /// Traps:  when there is not one row a sequence
    public func decode(_ embeddings: Tensor, cache: inout KeyValueCache) -> Tensor {
        let lengths = cache.lengths
        precondition(
            embeddings.shape[0] == lengths.count,
            "decode: \(embeddings.shape) does not give \(lengths.count) sequences a row each")
        let needed = 1 + (lengths.max() ?? 0)
        if needed > cache.rotary.positionCount {
            cache.rotary = rotaryTable(positionCount: 2 * needed, type: embeddings.scalarType)
        }
        let table = cache.rotary
        DecodingAttention.prepare(&cache.memories)
        let memories = cache.memories
        let last = withoutGradients {
            layers.indices.reduce(embeddings.detached()) { x, index in
                layers[index](x, dropoutSeed: nil) { packed in
                    packed.decodingAttention(
                        heads: heads, layer: index, memories: memories, table: table)
                }
            }
        }
        DecodingAttention.advance(
            &cache.memories, by: [Int](repeating: 1, count: lengths.count))
        return withoutGradients { norm(last) }
    }
}

extension LanguageModel {
    /// The token with the highest score at each final hidden state.
    ///
    /// Shapes: [b, hidden] → b tokens
    public func likeliestTokens(_ hidden: Tensor) -> [Int32] {
        logits(hidden).indicesOfGreatest
    }
}
