import Kernels
import Layers
public import Tensors

/// The keys and values of sequences that are being continued.
public struct KeyValueCache: Sendable {
    /// Keys and values of one sequence in one layer, each [hk, n, d].
    struct Entry: Sendable {
        var keys: Tensor
        var values: Tensor
    }

    /// Entries by layer, then by sequence.
    var entries: [[Entry]]
    /// The length of each sequence so far.
    public internal(set) var lengths: [Int]
    /// Cosines and sines for the positions so far and some to come.
    var rotary: RotaryTable

    /// The cache of some of the sequences, in the given order; a sequence may be taken more than once.
    public func keeping(_ sequences: [Int]) -> KeyValueCache {
        KeyValueCache(
            entries: entries.map { layer in sequences.map { layer[$0] } },
            lengths: sequences.map { lengths[$0] }, rotary: rotary)
    }
}

extension LanguageModel {
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
        let table = rotaryTable(
            positionCount: 2 * layout.positionCount, type: embeddings.scalarType)
        var cache = KeyValueCache(entries: [], lengths: lengths, rotary: table)
        var x = embeddings
        for layer in layers {
            x = layer(x, dropoutSeed: nil) { packed in
                let rows = rotated(packed, table, positions: layout.positions)
                cache.entries.append(layout.segments.map { entry(rows, $0) })
                return rows.attention(heads: heads, segments: layout.segments, isCausal: true)
            }
        }
        let ends = layout.segments.map { Int32($0.start + $0.count - 1) }
        return (norm(x.gatheringRows(ends)), cache)
    }

    /// Continues every sequence of a cache by one token.
    ///
    /// Shapes: embeddings [b, hidden] → final hidden states [b, hidden]
    /// Traps:  when there is not one row a sequence
    public func decode(_ embeddings: Tensor, cache: inout KeyValueCache) -> Tensor {
        precondition(
            embeddings.shape[0] == cache.lengths.count,
            "decode: \(embeddings.shape) does not give \(cache.lengths.count) sequences a row each")
        let positions = cache.lengths.map(Int32.init)
        let needed = 1 + (cache.lengths.max() ?? 0)
        if needed > cache.rotary.positionCount {
            cache.rotary = rotaryTable(positionCount: 2 * needed, type: embeddings.scalarType)
        }
        let table = cache.rotary
        var x = embeddings
        for (index, layer) in layers.enumerated() {
            x = layer(x, dropoutSeed: nil) { packed in
                let rows = rotated(packed, table, positions: positions)
                let outputs = positions.indices.map { sequence in
                    attend(rows, sequence: sequence, to: &cache.entries[index][sequence])
                }
                return Tensor.concatenated(outputs, axis: 0)
            }
        }
        cache.lengths = cache.lengths.map { $0 + 1 }
        return norm(x)
    }

    /// One new row's attention over everything before it and itself.
    ///
    /// Formula: softmax(q·Kᵀ/√d)·V per key/value head, its query heads as rows
    private func attend(
        _ rows: Tensor, sequence: Int, to entry: inout KeyValueCache.Entry
    ) -> Tensor {
        let new = self.entry(rows, AttentionSegment(start: sequence, count: 1, parent: nil))
        entry.keys = Tensor.concatenated([entry.keys, new.keys], axis: 1)
        entry.values = Tensor.concatenated([entry.values, new.values], axis: 1)
        let width = heads.query * heads.size
        let query =
            rows.slice(axis: 0, sequence..<(sequence + 1)).slice(axis: 1, 0..<width)
            .reshaped([heads.keyValue, heads.query / heads.keyValue, heads.size])
        let scores = query.matmul(entry.keys, transposingOther: true)
        let weights = scores.scaled(by: 1 / Double(heads.size).squareRoot()).softmax()
        return weights.matmul(entry.values).reshaped([1, width])
    }

    /// The rotated keys and the values of a segment's rows, each [hk, n, d].
    private func entry(_ rows: Tensor, _ segment: AttentionSegment) -> KeyValueCache.Entry {
        let own = rows.slice(axis: 0, segment.start..<(segment.start + segment.count))
        let keyWidth = heads.keyValue * heads.size
        let start = heads.query * heads.size
        func headsFirst(_ columns: Range<Int>) -> Tensor {
            own.slice(axis: 1, columns)
                .reshaped([segment.count, heads.keyValue, heads.size]).transposed([1, 0, 2])
        }
        return KeyValueCache.Entry(
            keys: headsFirst(start..<(start + keyWidth)),
            values: headsFirst((start + keyWidth)..<(start + 2 * keyWidth)))
    }
}
