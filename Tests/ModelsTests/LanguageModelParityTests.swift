import Foundation
import Layers
import Models
import Tensors
import TestKit
import Testing

/// The same numbers as transformers' LlamaForCausalLM; tolerances are those of the fixtures, for float32
/// with another order of summation.
@Suite struct LanguageModelParityTests {
    private static let models = ["llama_tiny", "llama_tied_llama3rope", "llama_bf16_sharded"]
    private static let logitsTolerance = 1e-4
    private static let lossTolerance = 1e-5

    private static func assemble(
        _ name: String, plan: TrainingPlan = .frozen
    ) throws -> Assembly<LanguageModel> {
        let file = try LanguageModelFile(path: Fixtures.url("parity/\(name)").path)
        return try Blueprint(source: file.weights, plan: plan).assemble { scope in
            try LanguageModel(file.configuration, at: scope)
        }
    }

    @Test(arguments: models)
    func logitsAndHiddenStatesEqual(name: String) throws {
        let assembly = try Self.assemble(name)
        #expect(assembly.report.unused.isEmpty)
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let batch = try PaddedBatch(golden)
        let model = assembly.model
        let states = model.hiddenStates(
            model.embeddings(of: batch.tokens), layout: SequenceLayout(lengths: batch.lengths))
        var deviation = Deviation(absolute: Self.logitsTolerance)
        for (index, state) in states.enumerated() {
            let expected = try golden.tensor("expected.hidden_states.\(index)")
            deviation.compare(state, batch.packed(expected))
        }
        deviation.compare(
            model.logits(states[states.count - 1]),
            batch.packed(try golden.tensor("expected.logits")))
        #expect(deviation.share <= 1, "\(name): \(deviation.maximum)")
    }

    @Test(arguments: models)
    func lossAndGradientsEqual(name: String) throws {
        let assembly = try Self.assemble(name, plan: .everything)
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let batch = try PaddedBatch(golden)
        let model = assembly.model
        // The reference starts at the embeddings, so a tied table gets the output's share only.
        let inputKey = -1
        let inputs = model.embeddings(of: batch.tokens).detached().tracked(as: inputKey)
        let hidden = model(inputs, layout: SequenceLayout(lengths: batch.lengths))
        let loss = model.loss(
            hidden.gatheringRows(batch.supervisedRows), targets: batch.targets
        ).loss.scaled(by: 1 / Double(batch.targets.count))
        let expectedLoss = try golden.tensor("expected.loss").doubles[0]
        #expect(abs(loss.item - expectedLoss) < Self.lossTolerance)

        let gradients = gradients(of: loss)
        var deviation = Deviation(absolute: 1e-5, relative: 1e-3)
        deviation.compare(
            try #require(gradients[inputKey]),
            batch.packed(try golden.tensor("expected.grad_inputs_embeds")))
        let expected = try golden.tensors(prefixed: "expected.grad.")
        for parameter in assembly.parameters {
            guard let reference = expected[parameter.path] else { continue }
            deviation.compare(try #require(gradients[parameter.key]), reference)
        }
        #expect(deviation.share <= 1, "\(name): \(deviation.maximum)")
        if name != "llama_bf16_sharded" {
            let paths = Set(assembly.parameters.map(\.path))
            #expect(Set(expected.keys).isSubset(of: paths))
            #expect(expected.count >= paths.count - 1)
        }
    }

    @Test(arguments: models)
    func longSequencesKeepTheirPositions(name: String) throws {
        let model = try Self.assemble(name).model
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let ids = try golden.integers("input.long_ids")
        let hidden = model(
            model.embeddings(of: ids), layout: SequenceLayout(lengths: [ids.count]))
        let logits = model.logits(hidden.slice(axis: 0, (ids.count - 8)..<ids.count))
        let expected = try golden.tensor("expected.long_logits_last8")
        var deviation = Deviation(absolute: Self.logitsTolerance)
        deviation.compare(logits, expected.reshaped([8, expected.shape[2]]))
        #expect(deviation.share <= 1, "\(name): \(deviation.maximum)")
    }

    @Test(arguments: models)
    func greedyDecodingFollowsTheSameTokens(name: String) throws {
        let model = try Self.assemble(name).model
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let prompt = try golden.integers("input.greedy_prompt")
        let expected = try golden.integers("expected.greedy_tokens")
        var (hidden, cache) = model.prefill(
            model.embeddings(of: prompt), lengths: [prompt.count])
        var tokens: [Int32] = []
        while tokens.count < expected.count {
            let logits = model.logits(hidden).floats
            let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
            tokens.append(Int32(best))
            hidden = model.decode(model.embeddings(of: [Int32(best)]), cache: &cache)
        }
        #expect(tokens == expected)
    }

    @Test func ggufGivesTheSameWeightsAndLogits() throws {
        let file = try LanguageModelFile(
            path: Fixtures.url("parity/gguf_llama_tiny/model.gguf").path)
        let assembly = try Blueprint(source: file.weights).assemble { scope in
            try LanguageModel(file.configuration, at: scope)
        }
        #expect(assembly.report.unused.isEmpty)
        let golden = try GoldenFile("parity/gguf_llama_tiny/io.safetensors")
        var weights = Deviation(absolute: 1e-6)
        let references = try golden.tensors(prefixed: "expected.weight.")
        #expect(references.count == 4)
        for (path, expected) in references {
            let parameter = try #require(assembly.parameters.first { $0.path == path })
            weights.compare(parameter.value, expected)
        }
        #expect(weights.share <= 1, "weights: \(weights.maximum)")

        let batch = try PaddedBatch(golden)
        let model = assembly.model
        let hidden = model(
            model.embeddings(of: batch.tokens), layout: SequenceLayout(lengths: batch.lengths))
        var logits = Deviation(absolute: Self.logitsTolerance)
        logits.compare(
            model.logits(hidden), batch.packed(try golden.tensor("expected.logits")))
        #expect(logits.share <= 1, "logits: \(logits.maximum)")
    }
}
