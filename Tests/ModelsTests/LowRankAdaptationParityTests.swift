import Foundation
import Layers
import Models
import Tensors
import TestKit
import Testing
import WeightFiles

/// The same numbers as PEFT's LoRA on the same model; tolerances are those of the fixtures.
@Suite struct LowRankAdaptationParityTests {
    private static let fixtures = [
        "llama_lora_forward", "llama_lora_rslora", "llama_lora_patterns",
    ]

    private static func assemble(_ name: String) throws -> Assembly<LanguageModel> {
        let base = try LanguageModelFile(path: Fixtures.url("parity/llama_lora_base").path)
        let folder = Fixtures.url("parity/\(name)")
        let configuration = try AdapterConfiguration(
            peftJSON: Data(contentsOf: folder.appendingPathComponent("adapter_config.json")))
        let adapter = FileWeights(
            try WeightFiles.open(folder.appendingPathComponent("adapter_model.safetensors").path),
            names: PrefixedNames.peft)
        return try Blueprint(
            source: CombinedWeights([adapter, base.weights]),
            plan: TrainingPlan(adaptation: configuration.adaptation)
        ).assemble { try LanguageModel(base.configuration, at: $0) }
    }

    @Test(arguments: fixtures)
    func everyAdapterTensorIsLoaded(name: String) throws {
        let report = try Self.assemble(name).report
        #expect(report.unused.isEmpty)
        #expect(report.initialized.isEmpty)
    }

    @Test(arguments: fixtures)
    func logitsLossAndGradientsEqual(name: String) throws {
        let assembly = try Self.assemble(name)
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let batch = try PaddedBatch(golden)
        let model = assembly.model
        let inputKey = -1
        let inputs = model.embeddings(of: batch.tokens).tracked(as: inputKey)
        let hidden = model(inputs, layout: SequenceLayout(lengths: batch.lengths))
        var logits = Deviation(absolute: 1e-4)
        logits.compare(
            model.logits(hidden.detached()), batch.packed(try golden.tensor("expected.logits")))
        #expect(logits.share <= 1, "\(name) logits: \(logits.maximum)")

        let loss = model.loss(
            hidden.gatheringRows(batch.supervisedRows), targets: batch.targets
        ).loss.scaled(by: 1 / Double(batch.targets.count))
        #expect(abs(loss.item - (try golden.tensor("expected.loss").doubles[0])) < 1e-5)
        let gradients = gradients(of: loss)
        var deviation = Deviation(absolute: 1e-5, relative: 1e-3)
        deviation.compare(
            try #require(gradients[inputKey]),
            batch.packed(try golden.tensor("expected.grad_inputs_embeds")))
        let expected = try golden.tensors(prefixed: "expected.grad.base_model.model.")
        #expect(Set(expected.keys) == Set(assembly.trainedParameters.map(\.path)))
        for parameter in assembly.trainedParameters {
            deviation.compare(
                try #require(gradients[parameter.key]), try #require(expected[parameter.path]))
        }
        #expect(deviation.share <= 1, "\(name) gradients: \(deviation.maximum)")
    }

    @Test(arguments: fixtures)
    func mergedWeightsEqual(name: String) throws {
        let assembly = try Self.assemble(name)
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        var deviation = Deviation(absolute: 1e-5)
        let references = try golden.tensors(prefixed: "expected.merged.")
        #expect(!references.isEmpty)
        for (path, expected) in references {
            let base = try #require(assembly.parameters.first { $0.path == path })
            let adapter = try #require(
                assembly.adapters.first { "\($0.module).weight" == path })
            deviation.compare(base.value + adapter.weightChange, expected)
        }
        #expect(deviation.share <= 1, "\(name) merged: \(deviation.maximum)")
    }

    @Test func configurationsSurviveAWriteAndARead() throws {
        let data = try Data(
            contentsOf: Fixtures.url("parity/llama_lora_patterns/adapter_config.json"))
        let configuration = try AdapterConfiguration(peftJSON: data)
        let again = try AdapterConfiguration(peftJSON: configuration.peftJSON())
        #expect(again == configuration)
        #expect(configuration.adaptation.layers == [1])
        #expect(
            configuration.adaptation.patterns == [
                .init("down_proj", alpha: 3), .init("v_proj", rank: 4),
            ])
    }

    @Test func adaptersOfOtherKindsAreErrors() {
        let dora =
            #"{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "use_dora": true, "#
            + #""target_modules": ["q_proj"], "bias": "all"}"#
        let error = #expect(throws: ModelError.self) {
            try AdapterConfiguration(peftJSON: Data(dora.utf8))
        }
        #expect(error?.detail == "use_dora is set; expected plain LoRA, bias all; expected none")
        #expect(throws: ModelError.self) { try AdapterConfiguration(peftJSON: Data("{".utf8)) }
    }
}
