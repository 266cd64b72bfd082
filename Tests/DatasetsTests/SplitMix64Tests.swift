import Datasets
import Testing

@Suite struct SplitMix64Tests {
    /// Source: outputs of Vigna's splitmix64.c for seed 1234567
    @Test func valuesEqualThePublishedOnes() {
        var generator = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(expected.allSatisfy { $0 == generator.next() })
    }

    @Test func pathsLeadToStreamsOfTheirOwn() {
        var seen: Set<UInt64> = []
        for a in UInt64(0)..<20 {
            for b in UInt64(0)..<20 {
                var generator = SplitMix64(seed: 1, path: [a, b])
                seen.insert(generator.next())
            }
        }
        #expect(seen.count == 400)
    }

    @Test func everyOrderIsEquallyLikely() {
        var generator = SplitMix64(seed: 3)
        var counts: [[Int32]: Int] = [:]
        for _ in 0..<6000 {
            var order: [Int32] = [0, 1, 2]
            generator.shuffle(&order)
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 6)
        // 1000 expected each; 150 is five standard deviations of a binomial with p = 1/6
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
    }

    @Test func numbersStayBelowTheirBound() {
        var generator = SplitMix64(seed: 9)
        for bound in [1, 2, 3, 1000, UInt64.max] {
            #expect((0..<50).allSatisfy { _ in generator.number(below: bound) < bound })
        }
    }
}
