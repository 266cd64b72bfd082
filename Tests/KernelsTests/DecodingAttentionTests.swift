import Kernels
import TestKit
import Tensors
import Testing

@Suite struct DecodingAttentionTests {
    private static let heads = AttentionHeads(query: 6, keyValue: 2, size: 10)
    /// Rotary tables for head size 10, of the same angles in Float and Double.
    private static let frequencies = [1.0, 0.5, 0.2, 0.1, 0.01]

    private static func tolerance(_ type: ScalarType) -> Double { type == .float64 ? 1e-12 : 1e-5 }

    private static func rows(_ count: Int, seed: Int, _ type: ScalarType) -> Tensor {
        GradientCheck.fixedValues([count, heads.packedWidth], seed: seed, scale: 2)
            .converted(to: type)
    }

    private static func memory(_ type: ScalarType, capacity: Int = 1) -> SequenceMemory {
        SequenceMemory(layerCount: 2, heads: heads, capacity: capacity, type: type)
    }

    /// Attention of a whole sequence, the last rows of it.
    private static func whole(_ packed: Tensor, _ table: RotaryTable, last: Int) -> [Double] {
        let count = packed.shape[0]
        let output = packed.rotated(
            table, positions: (0..<count).map(Int32.init), heads: heads.query + heads.keyValue
        ).attention(heads: heads, segments: [.init(start: 0, count: count)], isCausal: true)
        return output.slice(axis: 0, count - last..<count).doubles
    }

    /// A prompt kept at once, then row by row past several panels and doublings.
    @Test(arguments: [ScalarType.float32, .float64], [1, 31, 32, 40])
    func rowByRowEqualsTheWholeSequence(type: ScalarType, prompt: Int) {
        let total = 75
        let table = RotaryTable(
            frequencies: Self.frequencies, positionCount: total, type: type)
        let packed = Self.rows(total, seed: prompt, type)
        let expected = Self.whole(packed, table, last: total - prompt)
        var memories = [Self.memory(type)]
        let first = packed.slice(axis: 0, 0..<prompt).rotated(
            table, positions: (0..<prompt).map(Int32.init), heads: 8)
        for layer in 0..<2 {
            first.keepKeysAndValues(
                of: [.init(start: 0, count: prompt)], layer: layer, in: &memories)
        }
        DecodingAttention.advance(&memories, by: [prompt])
        var found: [Double] = []
        for row in prompt..<total {
            DecodingAttention.prepare(&memories)
            let new = packed.slice(axis: 0, row..<row + 1)
            let outputs = (0..<2).map {
                new.decodingAttention(
                    heads: Self.heads, layer: $0, memories: memories, table: table
                ).doubles
            }
            #expect(outputs[0] == outputs[1])
            found += outputs[0]
            DecodingAttention.advance(&memories, by: [1])
        }
        #expect(memories[0].count == total)
        for (a, b) in zip(found, expected) {
            #expect(abs(a - b) < Self.tolerance(type))
        }
    }

    @Test func sequencesOfOtherLengthsDoNotMix() {
        let table = RotaryTable(frequencies: Self.frequencies, positionCount: 64, type: .float64)
        let lengths = [33, 2, 50]
        var memories = lengths.map { _ in Self.memory(.float64) }
        let sequences = lengths.map { Self.rows($0 + 1, seed: $0, .float64) }
        for (index, length) in lengths.enumerated() {
            let prompt = sequences[index].slice(axis: 0, 0..<length).rotated(
                table, positions: (0..<length).map(Int32.init), heads: 8)
            var own = [memories[index]]
            prompt.keepKeysAndValues(of: [.init(start: 0, count: length)], layer: 1, in: &own)
            memories[index] = own[0]
        }
        DecodingAttention.advance(&memories, by: lengths)
        DecodingAttention.prepare(&memories)
        let new = Tensor.concatenated(
            zip(sequences, lengths).map { $0.slice(axis: 0, $1..<$1 + 1) }, axis: 0)
        let output = new.decodingAttention(
            heads: Self.heads, layer: 1, memories: memories, table: table)
        for index in lengths.indices {
            let expected = Self.whole(sequences[index], table, last: 1)
            let found = output.slice(axis: 0, index..<index + 1).doubles
            for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-12) }
        }
    }

    @Test func aCopyGoesOnByItself() {
        let table = RotaryTable(frequencies: Self.frequencies, positionCount: 8, type: .float64)
        var memories = [Self.memory(.float64, capacity: 32)]
        func step(_ memories: inout [SequenceMemory], seed: Int) -> [Double] {
            DecodingAttention.prepare(&memories)
            let output = Self.rows(1, seed: seed, .float64).decodingAttention(
                heads: Self.heads, layer: 0, memories: memories, table: table)
            DecodingAttention.advance(&memories, by: [1])
            return output.doubles
        }
        _ = step(&memories, seed: 1)
        var copy = memories
        _ = step(&copy, seed: 2)
        let afterOther = step(&memories, seed: 3)
        var alone = [Self.memory(.float64)]
        _ = step(&alone, seed: 1)
        #expect(afterOther == step(&alone, seed: 3))
        #expect(copy[0].count == 2)
    }
}
