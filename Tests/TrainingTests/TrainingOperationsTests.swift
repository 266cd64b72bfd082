import Models
import Testing
import Training

/// SmolLM2-135M's step of 1,452 tokens, 427 of them supervised, with adapters of rank 16 on all maps: the
/// parts of Documentation/Performance.md, each counted by itself.
@Suite struct TrainingOperationsTests {
    private let rowCount = 1_452
    private let supervisedCount = 427
    private let pairCount =
        [228, 198, 182, 148, 202, 164, 169, 161].reduce(0.0) { $0 + Double($1 * $1) / 2 }

    private func operations(recomputing: Bool = false) throws -> TrainingOperations {
        let smolLM2 = try LanguageModelConfiguration(
            vocabularyCount: 49_152, hiddenSize: 576, feedForwardSize: 1_536, layerCount: 30,
            queryHeadCount: 9, keyValueHeadCount: 3, headSize: 64, normEpsilon: 1e-5,
            rotaryBase: 100_000, positionCount: 8_192, isTied: true)
        return TrainingOperations(
            smolLM2, adapterScalarCount: 4_884_480, recomputing: recomputing)
    }

    @Test func aStepIsTheSumOfItsParts() throws {
        let step = try operations().step(
            rowCount: rowCount, pairCount: pairCount, supervisedCount: supervisedCount)
        let frozen = 616.6e9
        let (output, adapters, attention) = (48.36e9, 42.55e9, 27.83e9)
        #expect(abs(step - (frozen + output + adapters + attention)) < 0.05e9)
    }

    @Test func layersThatRunAgainAreCountedOnceMore() throws {
        let once = try operations()
        let step = once.step(
            rowCount: rowCount, pairCount: pairCount, supervisedCount: supervisedCount)
        let again = try operations(recomputing: true).step(
            rowCount: rowCount, pairCount: pairCount, supervisedCount: supervisedCount)
        let forward = once.forward(rowCount: rowCount, pairCount: pairCount, supervisedCount: 0)
        #expect(abs(forward - (308.3e9 + 14.18e9 + 9.28e9)) < 0.05e9)
        #expect(abs(again - step - forward) < 1)
    }
}
