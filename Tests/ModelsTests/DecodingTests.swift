import Foundation
import Layers
import Models
import Tensors
import TestKit
import Testing
import Verification

@Suite struct DecodingTests {
    /// Float32 with another order of summation.
    private static let tolerance = 1e-4

    private static func model() throws -> LanguageModel {
        let file = try LanguageModelFile(path: Fixtures.url("parity/llama_tiny").path)
        return try Blueprint(source: file.weights)
            .assemble { try LanguageModel(file.configuration, at: $0) }.model
    }

    @Test func batchedDecodingEqualsWholeSequences() throws {
        let model = try Self.model()
        let prompts: [[Int32]] = [[5, 9, 3, 7], [11], [2, 4, 6]]
        let continuations: [[Int32]] = [[1, 20, 3], [4, 50, 6], [7, 80, 9]]
        var (_, cache) = model.prefill(
            model.embeddings(of: prompts.flatMap { $0 }), lengths: prompts.map(\.count))
        var last = Tensor.zeros([0])
        for step in 0..<3 {
            last = model.decode(
                model.embeddings(of: continuations.map { $0[step] }), cache: &cache)
        }
        #expect(cache.lengths == [7, 4, 6])
        var deviation = Deviation(absolute: Self.tolerance)
        for (index, prompt) in prompts.enumerated() {
            let ids = prompt + continuations[index]
            let whole = model(
                model.embeddings(of: ids), layout: SequenceLayout(lengths: [ids.count]))
            deviation.compare(
                last.slice(axis: 0, index..<(index + 1)),
                whole.slice(axis: 0, (ids.count - 1)..<ids.count))
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }

    @Test func keptSequencesContinueAlone() throws {
        let model = try Self.model()
        var (_, cache) = model.prefill(model.embeddings(of: [5, 9, 3, 11]), lengths: [3, 1])
        var second = cache.keeping([1])
        let both = model.decode(model.embeddings(of: [1, 4]), cache: &cache)
        let alone = model.decode(model.embeddings(of: [4]), cache: &second)
        var deviation = Deviation(absolute: Self.tolerance)
        deviation.compare(alone, both.slice(axis: 0, 1..<2))
        #expect(deviation.share <= 1, "\(deviation.maximum)")
        #expect(second.lengths == [2])
    }

    @Test func branchesSeeTheirPrefixAndNotEachOther() throws {
        let model = try Self.model()
        let prefix: [Int32] = [5, 9, 3]
        let branches: [[Int32]] = [[1, 2], [40], [7, 8, 9]]
        let shared = model(
            model.embeddings(of: prefix + branches.flatMap { $0 }),
            layout: SequenceLayout(prefix: prefix.count, branches: branches.map(\.count)))
        var deviation = Deviation(absolute: Self.tolerance)
        var start = prefix.count
        for branch in branches {
            let ids = prefix + branch
            let whole = model(
                model.embeddings(of: ids), layout: SequenceLayout(lengths: [ids.count]))
            deviation.compare(
                shared.slice(axis: 0, start..<(start + branch.count)),
                whole.slice(axis: 0, prefix.count..<ids.count))
            start += branch.count
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }
}
