import Kernels
import TestKit
import Tensors
import Testing

@Suite struct AttentionTests {
    /// Long enough for several blocks of queries; compared with softmax over whole rows.
    @Test func blocksEqualOneSoftmaxOverTheRow() {
        let heads = AttentionHeads(query: 2, keyValue: 1, size: 4)
        let rows = 150
        let packed = GradientCheck.fixedValues([rows, heads.packedWidth], seed: 4, scale: 2)
        let output = packed.attention(
            heads: heads, segments: [.init(start: 0, count: 20), .init(start: 20, count: 130)],
            isCausal: true
        ).doubles
        let x = packed.doubles
        for (row, start) in [(0, 0), (19, 0), (20, 20), (84, 20), (149, 20)] {
            for head in 0..<2 {
                func q(_ i: Int) -> Double { x[row * 16 + head * 4 + i] }
                let scores = (start...row).map { key in
                    (0..<4).reduce(0.0) { $0 + q($1) * x[key * 16 + 8 + $1] } / 2
                }
                let weights = scores.map { exponential($0) }
                let total = weights.reduce(0, +)
                for i in 0..<4 {
                    let expected = zip(start...row, weights).reduce(0.0) { sum, item in
                        sum + item.1 * x[item.0 * 16 + 12 + i]
                    }
                    #expect(abs(output[row * 8 + head * 4 + i] - expected / total) < 1e-12)
                }
            }
        }
    }

    @Test func branchesSeeTheirPrefixAndNotEachOther() {
        let heads = AttentionHeads(query: 2, keyValue: 1, size: 4)
        let all = GradientCheck.fixedValues([12, 16], seed: 5)
        let shared = all.attention(
            heads: heads,
            segments: [
                .init(start: 0, count: 5), .init(start: 5, count: 3, parent: 0),
                .init(start: 8, count: 4, parent: 0),
            ], isCausal: true)
        let prefix = all.slice(axis: 0, 0..<5)
        for branch in [5..<8, 8..<12] {
            let alone = Tensor.concatenated([prefix, all.slice(axis: 0, branch)], axis: 0)
                .attention(
                    heads: heads, segments: [.init(start: 0, count: 5 + branch.count)],
                    isCausal: true)
            let expected = alone.slice(axis: 0, 5..<5 + branch.count).doubles
            let found = shared.slice(axis: 0, branch).doubles
            for (a, b) in zip(expected, found) { #expect(abs(a - b) < 1e-12) }
        }
    }

    @Test func rowsOutsideEverySegmentTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([4, 12]).attention(
                heads: AttentionHeads(query: 1, keyValue: 1, size: 4),
                segments: [AttentionSegment(start: 0, count: 3)], isCausal: true)
        }
    }

    private func exponential(_ x: Double) -> Double {
        Elementwise.apply(.exponential, Scalars([x])).doubles[0]
    }
}
