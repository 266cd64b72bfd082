import Foundation
import Layers
import Models
import Optimization
import Tensors
import TestKit
import Testing
import WeightFiles

/// Twenty AdamW steps with the same losses, norms and final adapters as torch and PEFT; tolerances are those
/// of the fixtures.
@Suite struct TrainingCurveTests {
    /// How micro-batches of a step are weighted.
    enum Weighting: Sendable {
        /// Each by its supervised tokens: all tokens of the window count the same.
        case tokens
        /// Each the same: the mean of the micro-batches' means.
        case batches
    }

    private static let stepCount = 20

    @Test(arguments: [
        ("llama_lora_train_plain", 1, Weighting.tokens),
        ("llama_lora_train_accum2_tokens", 2, .tokens),
        ("llama_lora_train_accum2_mean", 2, .batches),
    ])
    func lossesNormsAndFinalAdaptersEqual(
        name: String, batchesPerStep: Int, weighting: Weighting
    ) throws {
        let assembly = try Self.assemble(name)
        let golden = try GoldenFile("parity/\(name)/io.safetensors")
        let batches = try (0..<4).map { try PaddedBatch(golden, prefix: "input.\($0)") }
        let group = try ParameterGroup(
            assembly.trainedParameters, learningRate: 1e-3, weightDecay: 0.01)
        let optimizer = try AdamW([group], settings: try .init(maximumNorm: 1))
        let schedule = try Schedule(.cosine, warmupStepCount: 3, stepCount: Self.stepCount)
        let expected = try Curve(golden)
        var curve = Curve.Deviations()
        for step in 0..<Self.stepCount {
            var window = GradientWindow()
            var losses = 0.0
            for index in 0..<batchesPerStep {
                let batch = batches[(step * batchesPerStep + index) % batches.count]
                let (loss, weight) = Self.loss(assembly.model, batch, weighting)
                losses += loss.item
                window.add(
                    gradients(of: loss), of: assembly.trainedParameters, weight: weight)
            }
            let factor = schedule.factor(at: step)
            let loss = losses / window.weight
            let report = try optimizer.step(window, learningRateFactor: factor)
            curve.compare(
                step, loss: loss, norm: report.gradientNorm, rate: 1e-3 * factor, with: expected)
        }
        curve.expectWithinTolerance()

        var weights = Deviation(absolute: 2e-5)
        let final = try GoldenFile("parity/\(name)/adapter_final/adapter_model.safetensors")
            .tensors(prefixed: "base_model.model.")
        #expect(final.count == assembly.trainedParameters.count)
        for parameter in assembly.trainedParameters {
            weights.compare(parameter.value, try #require(final[parameter.path]))
        }
        #expect(weights.share <= 1, "weights: \(weights.maximum)")
    }

    private static func assemble(_ name: String) throws -> Assembly<LanguageModel> {
        let base = try LanguageModelFile(path: Fixtures.url("parity/llama_lora_base").path)
        let folder = Fixtures.url("parity/\(name)/adapter_init")
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

    private static func loss(
        _ model: LanguageModel, _ batch: PaddedBatch, _ weighting: Weighting
    ) -> (loss: Tensor, weight: Double) {
        let hidden = model(
            model.embeddings(of: batch.tokens), layout: SequenceLayout(lengths: batch.lengths))
        let sum = model.loss(
            hidden.gatheringRows(batch.supervisedRows), targets: batch.targets
        ).loss
        let count = Double(batch.targets.count)
        switch weighting {
        case .tokens: return (sum, count)
        case .batches: return (sum.scaled(by: 1 / count), 1)
        }
    }
}

/// The expected course of a run.
struct Curve {
    let losses: [Double]
    let norms: [Double]
    let rates: [Double]

    init(_ file: GoldenFile) throws {
        losses = try file.tensor("expected.loss").doubles
        norms = try file.tensor("expected.grad_norm").doubles
        rates = try file.tensor("expected.lr").doubles
    }

    /// How far a run is from it.
    struct Deviations {
        private(set) var loss: Deviation
        private(set) var norm = Deviation(absolute: 1e-7, relative: 1e-4)
        /// The fixture holds rates rounded to float32.
        private(set) var rate = Deviation(absolute: 1e-9)

        init(lossTolerance: Double = 5e-5) {
            loss = Deviation(absolute: lossTolerance)
        }

        func expectWithinTolerance() {
            #expect(loss.share <= 1, "loss: \(loss.maximum)")
            #expect(norm.share <= 1, "norm: \(norm.maximum)")
            #expect(rate.share <= 1, "rate: \(rate.maximum)")
        }

        mutating func compare(
            _ step: Int, loss: Double, norm: Double, rate: Double, with curve: Curve
        ) {
            self.loss.compare(loss, curve.losses[step])
            self.norm.compare(norm, curve.norms[step])
            self.rate.compare(rate, curve.rates[step])
        }
    }
}
