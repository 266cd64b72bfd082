import TestKit
import Tensors
import Testing

@Suite struct RecomputingTests {
    private static let (inputKey, weightKey) = (1, 2)

    private static func x(_ shape: [Int], seed: Int) -> Tensor {
        GradientCheck.fixedValues(shape, seed: seed)
    }

    /// Two layers that share a weight; the input is a leaf when it is tracked.
    private static func result(isInputTracked: Bool, recomputing: Bool) -> (Tensor, Gradients) {
        let weight = x([4, 4], seed: 1)
        let gain = x([4], seed: 3)
        let layer: (Tensor) -> Tensor = { x in
            let map = weight.tracked(as: weightKey)
            return x + x.rmsNorm(weight: gain, epsilon: 1e-5).linear(map).siLU()
        }
        let values = x([3, 4], seed: 2)
        var y = isInputTracked ? values.tracked(as: inputKey) : values
        for _ in 0..<2 { y = recomputing ? y.recomputed(layer) : layer(y) }
        return (y.detached(), gradients(of: y.sum()))
    }

    @Test(arguments: [true, false])
    func recomputedLayersGiveTheSameBits(isInputTracked: Bool) {
        let (kept, keptGradients) = Self.result(
            isInputTracked: isInputTracked, recomputing: false)
        let (again, gradients) = Self.result(isInputTracked: isInputTracked, recomputing: true)
        #expect(again.doubles == kept.doubles)
        #expect(gradients.keys == (isInputTracked ? [1, 2] : [2]))
        #expect(gradients.keys == keptGradients.keys)
        for key in gradients.keys {
            #expect(gradients[key]?.doubles == keptGradients[key]?.doubles)
        }
    }

    @Test func withoutGradientsNothingIsRecorded() {
        let y = withoutGradients {
            Self.x([2, 4], seed: 1).tracked(as: 1).recomputed { $0.siLU() }
        }
        #expect(!y.isTracked)
    }

    @Test func adaptersSideBySideEqualAdaptersOneByOne() {
        let (x, weight) = (Self.x([5, 6], seed: 1), Self.x([7, 6], seed: 2))
        func adapters(_ dropoutRate: Double) -> [LowRankAdapter] {
            [(0..<3, 2, 3), (3..<7, 1, 5)].map { outputs, rank, seed in
                LowRankAdapter(
                    a: Self.x([rank, 6], seed: seed).tracked(as: seed),
                    b: Self.x([outputs.count, rank], seed: seed + 1).tracked(as: seed + 1),
                    scale: 0.5, outputs: outputs, dropoutRate: dropoutRate)
            }
        }
        let both = gradients(
            of: x.tracked(as: 0).linear(weight, adapters: adapters(0)).siLU().sum())
        // Any rate above 0 computes them one by one; at this one nothing is dropped.
        let single = gradients(
            of: x.tracked(as: 0).linear(weight, adapters: adapters(1e-18)).siLU().sum())
        #expect(both.keys == [0, 3, 4, 5, 6] && single.keys == both.keys)
        for key in both.keys {
            let pairs = zip(both[key]?.doubles ?? [], single[key]?.doubles ?? [])
            #expect(pairs.allSatisfy { abs($0 - $1) < 1e-12 })
        }
    }
}
