import Foundation
import Layers
import Models
import Optimization
import Tensors
import TestKit
import Testing
import WeightFiles

/// The modality-augmented step in torch and PEFT: projectors alone, and projectors with adapters.
@Suite struct AudioVisualCurveTests {
    private static let stepCount = 20
    /// The fixture's names of the projectors and LLaVA's.
    private static let projectors = [
        "projector.visual": "model.mm_projector", "projector.audio": "model.mm_projector_a",
    ]

    @Test(arguments: [("av_pretrain", 0.01, 2e-5), ("av_finetune", 0.002, 3e-5)])
    func embeddingsGradientsAndTrajectoriesEqual(
        name: String, learningRate: Double, weightTolerance: Double
    ) throws {
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let assembly = try Self.assemble(name, golden)
        let (batch, padded) = try Self.batch(golden)
        var embeddings = Deviation(absolute: 1e-5)
        embeddings.compare(
            assembly.model.embeddings(of: batch).detached(),
            padded.packed(try golden.tensor("expected.step0.inputs_embeds")))
        #expect(embeddings.share <= 1, "embeddings: \(embeddings.maximum)")

        let parameters = assembly.trainedParameters
        let loss = assembly.model.loss(of: batch).loss
            .scaled(by: 1 / Double(batch.targets.count))
        #expect(abs(loss.item - (try golden.tensor("expected.step0.loss").doubles[0])) < 1e-4)
        let first = gradients(of: loss)
        var steps = Deviation(absolute: 1e-5, relative: 1e-3)
        let expected = Self.renamed(try golden.tensors(prefixed: "expected.step0.grad."))
        #expect(Set(expected.keys) == Set(parameters.map(\.path)))
        for parameter in parameters {
            steps.compare(
                try #require(first[parameter.key]), try #require(expected[parameter.path]))
        }
        #expect(steps.share <= 1, "gradients: \(steps.maximum)")

        try Self.train(assembly, batch, learningRate: learningRate, golden)
        var weights = Deviation(absolute: weightTolerance)
        let final = Self.renamed(try Self.final(name, golden))
        for parameter in parameters {
            weights.compare(parameter.value, try #require(final[parameter.path]))
        }
        #expect(weights.share <= 1, "weights: \(weights.maximum)")
    }

    private static func train(
        _ assembly: Assembly<AudioVisualModel>, _ batch: AudioVisualBatch, learningRate: Double,
        _ golden: GoldenFile
    ) throws {
        let group = try ParameterGroup(
            assembly.trainedParameters, learningRate: learningRate, weightDecay: 0.1)
        let optimizer = try AdamW([group], settings: try .init(maximumNorm: 1))
        let schedule = try Schedule(.cosine, warmupStepCount: 3, stepCount: stepCount)
        let expected = try Curve(golden)
        var curve = Curve.Deviations(lossTolerance: 1e-4)
        for step in 0..<stepCount {
            let loss = assembly.model.loss(of: batch).loss
            let count = Double(batch.targets.count)
            var window = GradientWindow()
            window.add(gradients(of: loss), of: assembly.trainedParameters, weight: count)
            let factor = schedule.factor(at: step)
            let report = try optimizer.step(window, learningRateFactor: factor)
            curve.compare(
                step, loss: loss.item / count, norm: report.gradientNorm,
                rate: learningRate * factor, with: expected)
        }
        curve.expectWithinTolerance()
    }

    private static func assemble(
        _ name: String, _ golden: GoldenFile
    ) throws -> Assembly<AudioVisualModel> {
        let base = try LanguageModelFile(path: Fixtures.url("parity/llama_lora_base").path)
        var sources: [any WeightSource] = [
            DictionaryWeights(
                renamed(try golden.tensors(prefixed: "init.")).mapValues { ($0.shape, $0.floats) })
        ]
        var plan = TrainingPlan(trained: ["model.mm_projector", "model.mm_projector_a"])
        if name == "av_finetune" {
            let folder = Fixtures.url("parity/\(name)/adapter_init")
            plan.adaptation = try AdapterConfiguration(
                peftJSON: Data(contentsOf: folder.appendingPathComponent("adapter_config.json"))
            ).adaptation
            let file = folder.appendingPathComponent("adapter_model.safetensors")
            sources.append(
                FileWeights(try WeightFiles.open(file.path), names: PrefixedNames.peft))
        }
        return try Blueprint(source: CombinedWeights(sources + [base.weights]), plan: plan)
            .assemble { scope in
                try AudioVisualModel(
                    base.configuration, visualFeatureSize: 20, audioFeatureSize: 12, at: scope)
            }
    }

    private static func batch(
        _ golden: GoldenFile
    ) throws -> (batch: AudioVisualBatch, padded: PaddedBatch) {
        let padded = try PaddedBatch(golden)
        let kinds = try golden.integers("input.media_kind")
        func media(_ kind: Int32, _ features: String) throws -> MediaRows {
            let values = try golden.tensor(features)
            let rows = padded.realRows.indices.filter { kinds[Int(padded.realRows[$0])] == kind }
            let shape = values.shape
            return MediaRows(
                rows: rows.map(Int32.init),
                features: values.reshaped([shape[0] * shape[1], shape[2]]))
        }
        let batch = AudioVisualBatch(
            tokens: padded.tokens, layout: SequenceLayout(lengths: padded.lengths),
            visual: try media(1, "input.visual_features"),
            audio: try media(2, "input.audio_features"),
            supervisedRows: padded.supervisedRows, targets: padded.targets)
        return (batch, padded)
    }

    private static func final(_ name: String, _ golden: GoldenFile) throws -> [String: Tensor] {
        var tensors = try golden.tensors(prefixed: "expected.final.")
        if name == "av_finetune" {
            let adapter = try GoldenFile("parity/\(name)/adapter_final/adapter_model.safetensors")
            tensors.merge(try adapter.tensors(prefixed: "")) { first, _ in first }
        }
        return tensors
    }

    /// Tensors by the model's paths.
    private static func renamed(_ tensors: [String: Tensor]) -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for (name, tensor) in tensors {
            var path = name.replacingOccurrences(of: "base_model.model.", with: "")
            for (stored, projector) in projectors where path.hasPrefix(stored + ".") {
                path = projector + path.dropFirst(stored.count)
            }
            result[path] = tensor
        }
        return result
    }
}
