import Foundation
import Kernels
import Layers
import Models
import Tensors
import TestKit
import Testing
import Verification

/// The tiny model has Q8_0, Q5_1, F16 and BF16 matrices, queries and keys interleaved.
@Suite struct StoredWeightsTests {
    /// The same numbers multiplied in another order.
    private static let tolerance = 1e-5

    private static func assemble(
        _ weights: FrozenWeights, plan: TrainingPlan = .frozen
    ) throws -> Assembly<LanguageModel> {
        let file = try LanguageModelFile(
            path: Fixtures.url("parity/gguf_llama_tiny/model.gguf").path)
        return try Blueprint(
            source: file.weights, plan: plan, fresh: ["*lora_*"], seed: 3, frozenWeights: weights
        ).assemble { try LanguageModel(file.configuration, at: $0) }
    }

    private static let tokens: [Int32] = (0..<40).map { $0 * 37 % 128 }

    @Test func everyMatrixStaysStoredAndHasTheSameValues() throws {
        let memory = try Self.assemble(.float32)
        let stored = try Self.assemble(.asStored)
        #expect(stored.parameters.map(\.path) == memory.parameters.map(\.path))
        for (a, b) in zip(stored.parameters, memory.parameters) {
            #expect((a.stored != nil) == (a.shape.count == 2), "\(a.path)")
            #expect(b.stored == nil)
            #expect(a.shape == b.shape && a.value.floats == b.value.floats, "\(a.path)")
        }
        #expect(stored.report.unused.isEmpty)
    }

    @Test(arguments: [false, true])
    func logitsAndAdapterGradientsEqualThoseOfFloats(isDecomposed: Bool) throws {
        let plan = TrainingPlan(
            adaptation: try LowRankAdaptation(
                targets: .suffixes([
                    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
                ]), rank: 4, alpha: 8, isWeightDecomposed: isDecomposed))
        var results: [(logits: Tensor, loss: Double, gradients: [Tensor])] = []
        for weights in [FrozenWeights.float32, .asStored] {
            let assembly = try Self.assemble(weights, plan: plan)
            for parameter in assembly.trainedParameters where parameter.path.contains("lora_B") {
                try parameter.assign(
                    GradientCheck.fixedValues(parameter.shape, seed: 5, scale: 0.1)
                        .converted(to: .float32))
            }
            let model = assembly.model
            let hidden = model(
                model.embeddings(of: Self.tokens), layout: SequenceLayout(lengths: [25, 15]))
            let rows: [Int32] = (0..<24).map { $0 }
            let loss = model.loss(
                hidden.gatheringRows(rows), targets: rows.map { Self.tokens[Int($0) + 1] }
            ).loss
            let gradients = gradients(of: loss)
            results.append(
                (
                    model.logits(hidden.detached()), loss.item,
                    try assembly.trainedParameters.map { try #require(gradients[$0.key]) }
                ))
        }
        #expect(abs(results[0].loss - results[1].loss) < 1e-4)
        var logits = Deviation(absolute: Self.tolerance)
        logits.compare(results[1].logits, results[0].logits)
        #expect(logits.share <= 1, "logits: \(logits.maximum)")
        #expect(results[0].gradients.count == 2 * 7 * (isDecomposed ? 3 : 2))
        var deviation = Deviation(absolute: Self.tolerance, relative: Self.tolerance)
        for (a, b) in zip(results[1].gradients, results[0].gradients) { deviation.compare(a, b) }
        #expect(deviation.share <= 1, "gradients: \(deviation.maximum)")
    }

    @Test func trainedMatricesAreInMemory() throws {
        let assembly = try Self.assemble(
            .asStored,
            plan: TrainingPlan(trained: ["*.k_proj.weight", "model.embed_tokens", "lm_head"]))
        let stored = assembly.parameters.filter { $0.stored != nil }.map(\.path)
        #expect(assembly.trainedParameters.allSatisfy { $0.stored == nil })
        // Parts of one product are stored all together, or not at all.
        #expect(!stored.contains { $0.contains("q_proj") || $0.contains("v_proj") })
        #expect(stored.contains("model.layers.1.mlp.gate_proj.weight"))
    }

    @Test func decodingEqualsWholeSequences() throws {
        let model = try Self.assemble(.asStored).model
        let memory = try Self.assemble(.float32).model
        var (hidden, cache) = model.prefill(
            model.embeddings(of: Array(Self.tokens[..<20])), lengths: [13, 7])
        var sequences = [Array(Self.tokens[..<13]), Array(Self.tokens[13..<20])]
        for step in 0..<20 {
            let new = [Self.tokens[20 + step], Self.tokens[39 - step]]
            hidden = model.decode(model.embeddings(of: new), cache: &cache)
            for index in 0..<2 { sequences[index].append(new[index]) }
        }
        var deviation = Deviation(absolute: 1e-4)
        for (index, ids) in sequences.enumerated() {
            let whole = memory(
                memory.embeddings(of: ids), layout: SequenceLayout(lengths: [ids.count]))
            deviation.compare(
                hidden.slice(axis: 0, index..<index + 1),
                whole.slice(axis: 0, ids.count - 1..<ids.count))
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }

    /// A real prompt: every token is the likeliest one that the float weights give for the whole text.
    @Test(.enabled(if: Assets.path("smollm2-135m-instruct") != nil))
    func greedyTokensEqualThoseOfFloats() throws {
        let file = try LanguageModelFile(
            path: try #require(Assets.path("smollm2-135m-instruct")))
        func model(_ weights: FrozenWeights) throws -> LanguageModel {
            try Blueprint(source: file.weights, frozenWeights: weights)
                .assemble { try LanguageModel(file.configuration, at: $0) }.model
        }
        // <|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n
        let prompt: [Int32] = [
            1, 4093, 198, 1780, 314, 260, 3575, 282, 4649, 47, 2, 198, 1, 520, 9531, 198,
        ]
        let stored = try model(.asStored)
        var (hidden, cache) = stored.prefill(
            stored.embeddings(of: prompt), lengths: [prompt.count])
        var ids = prompt
        for _ in 0..<12 {
            let next = stored.likeliestTokens(hidden)
            ids += next
            hidden = stored.decode(stored.embeddings(of: next), cache: &cache)
        }
        let memory = try model(.float32)
        let whole = memory(
            memory.embeddings(of: ids), layout: SequenceLayout(lengths: [ids.count]))
        let expected = memory.likeliestTokens(whole)
        #expect(Array(ids[prompt.count...]) == Array(expected[(prompt.count - 1)..<ids.count - 1]))
    }
}
