import Foundation
import Kernels
import Layers
import Models
import Tensors
import TestKit
import Testing
import Verification

@Suite struct LanguageModelAssemblyTests {
    private static func configuration() throws -> LanguageModelConfiguration {
        try LanguageModelConfiguration(
            vocabularyCount: 11, hiddenSize: 8, feedForwardSize: 6, layerCount: 1,
            queryHeadCount: 2, keyValueHeadCount: 1, headSize: 4, normEpsilon: 1e-5,
            rotaryBase: 10_000, positionCount: 32, isTied: false, hasAttentionBias: true)
    }

    private static func plan() throws -> TrainingPlan {
        TrainingPlan(
            trained: ["model.norm", "*.gate_proj.weight"],
            adaptation: try LowRankAdaptation(
                targets: .suffixes(["q_proj", "down_proj"]), rank: 2, alpha: 4))
    }

    @Test func pathsShapesAndRolesAreThese() throws {
        let assembly = try Blueprint(
            source: DictionaryWeights([:]), plan: Self.plan(), fresh: ["*"]
        ).assemble { try LanguageModel(Self.configuration(), at: $0) }
        let lines = assembly.parameters.map { parameter in
            "\(parameter.path) \(parameter.shape) \(parameter.isTrained ? "trained" : "frozen")"
        }
        let layer = "model.layers.0"
        #expect(
            lines == [
                "model.embed_tokens.weight [11, 8] frozen",
                "\(layer).input_layernorm.weight [8] frozen",
                "\(layer).self_attn.q_proj.weight [8, 8] frozen",
                "\(layer).self_attn.k_proj.weight [4, 8] frozen",
                "\(layer).self_attn.v_proj.weight [4, 8] frozen",
                "\(layer).self_attn.q_proj.bias [8] frozen",
                "\(layer).self_attn.k_proj.bias [4] frozen",
                "\(layer).self_attn.v_proj.bias [4] frozen",
                "\(layer).self_attn.q_proj.lora_A.weight [2, 8] trained",
                "\(layer).self_attn.q_proj.lora_B.weight [8, 2] trained",
                "\(layer).self_attn.o_proj.weight [8, 8] frozen",
                "\(layer).self_attn.o_proj.bias [8] frozen",
                "\(layer).post_attention_layernorm.weight [8] frozen",
                "\(layer).mlp.gate_proj.weight [6, 8] trained",
                "\(layer).mlp.up_proj.weight [6, 8] frozen",
                "\(layer).mlp.down_proj.weight [8, 6] frozen",
                "\(layer).mlp.down_proj.lora_A.weight [2, 6] trained",
                "\(layer).mlp.down_proj.lora_B.weight [8, 2] trained",
                "model.norm.weight [8] trained",
                "lm_head.weight [11, 8] frozen",
            ])
    }

    @Test func gradientsInDoubleEqualDifferences() throws {
        let assembly = try Blueprint(
            source: DictionaryWeights([:]), plan: Self.plan(), fresh: ["*"], scalarType: .float64
        ).assemble { try LanguageModel(Self.configuration(), at: $0) }
        let model = assembly.model
        for adapter in assembly.adapters {
            try adapter.b.assign(GradientCheck.fixedValues(adapter.b.shape, seed: 5))
        }
        let ids: [Int32] = [3, 1, 4, 1, 5, 9, 2]
        func loss() -> Tensor {
            let hidden = model(
                model.embeddings(of: ids), layout: SequenceLayout(lengths: [4, 3]),
                rows: [1, 2, 5])
            return model.loss(hidden, targets: [1, 5, 2]).loss
        }
        let gradients = gradients(of: loss())
        let step = 1e-5
        var deviation = Deviation(absolute: 1e-7, relative: 1e-7)
        for parameter in assembly.trainedParameters {
            let analytic = try #require(gradients[parameter.key]).doubles
            let values = parameter.value.doubles
            for index in stride(from: 0, to: values.count, by: 5) {
                let sides = try [step, -step].map { change in
                    var moved = values
                    moved[index] += change
                    try parameter.assign(Tensor(doubles: moved, shape: parameter.shape))
                    return loss().item
                }
                deviation.compare(analytic[index], (sides[0] - sides[1]) / (2 * step))
            }
            try parameter.assign(Tensor(doubles: values, shape: parameter.shape))
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }

    @Test func aConfigurationOfAnotherModelListsWhatIsMissing() throws {
        let file = try LanguageModelFile(path: Fixtures.url("parity/llama_tiny").path)
        var configuration = file.configuration
        configuration.layerCount = 3
        configuration.vocabularyCount = 99
        let error = try #require(throws: LayerError.self) {
            try Blueprint(source: file.weights)
                .assemble { try LanguageModel(configuration, at: $0) }
        }
        #expect(error.detail.hasPrefix("9 missing, 2 of another shape, 0 unused: "))
        #expect(error.detail.contains("model.layers.2.mlp.down_proj.weight [64, 112] is missing"))
        #expect(error.detail.contains("lm_head.weight is [128, 64], expected [99, 64]"))
    }

    @Test func interleavedRowsThatHeadsDoNotShareAreErrors() throws {
        let file = try LanguageModelFile(
            path: Fixtures.url("parity/gguf_llama_tiny/model.gguf").path)
        var configuration = file.configuration
        configuration.queryHeadCount = 3
        let weights = FileWeights(file.file, names: LanguageModelGGUFNames(configuration))
        let error = #expect(throws: ModelError.self) {
            try Tensor(shape: [64, 64]) {
                try weights.read("model.layers.0.self_attn.q_proj.weight", into: $0)
            }
        }
        #expect(error?.kind == .weights)
    }

    @Test func foldersWithoutConfigurationAreErrors() throws {
        let path = Fixtures.url("parity/llama_lora_forward/adapter_model.safetensors").path
        let error = try #require(throws: ModelError.self) { try LanguageModelFile(path: path) }
        #expect(error.kind == .configuration)
        #expect(error.subject.hasSuffix("llama_lora_forward/config.json"))
    }
}
