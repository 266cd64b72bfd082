import Foundation
import Layers
import Models
import Optimization
import Tensors
import WeightFiles

/// The settings and the expected course of a recorded run.
struct RecordedRun {
    private struct Hyper: Decodable {
        let lr: Double
        let betas: [Double]
        let eps: Double
        let weight_decay: Double
        let warmup: Int
        let steps: Int
        let clip: Double
    }

    /// How much equally valid ways of the reference differ.
    private struct Noise: Decodable {
        let final_weights: Double?
    }

    /// How micro-batches of a step are weighted.
    enum Weighting: String {
        /// Each by its supervised tokens: all tokens of the step count the same.
        case tokens
        /// Each the same: the mean of the micro-batches' means.
        case mean
    }

    let learningRate: Double
    let weightDecay: Double
    let stepCount: Int
    let batchesPerStep: Int
    let weighting: Weighting
    /// The allowed difference of final weights: 2e-5, or twenty times the reference's own noise.
    let weightTolerance: Double
    private let hyper: Hyper
    private let losses: [Double]
    private let norms: [Double]
    private let rates: [Double]

    init(_ golden: GoldenFile, subject: String) throws {
        let metadata = golden.file.metadata
        func decoded<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
            guard let text = metadata[key],
                let value = try? JSONDecoder().decode(type, from: Data(text.utf8))
            else {
                throw VerificationError(
                    subject: subject, detail: "has no '\(key)' in its metadata, or not as expected",
                    hint: "use a fixture that the reference program wrote")
            }
            return value
        }
        hyper = try decoded("hyper", Hyper.self)
        learningRate = hyper.lr
        weightDecay = hyper.weight_decay
        stepCount = hyper.steps
        batchesPerStep = try metadata["accum"] == nil ? 1 : decoded("accum", Int.self)
        weighting = metadata["mode"].flatMap(Weighting.init) ?? .tokens
        let noise = try metadata["noise_sdpa_and_perturbed"].map { _ in
            try decoded("noise_sdpa_and_perturbed", Noise.self)
        }
        weightTolerance = max(2e-5, 20 * (noise?.final_weights ?? 0))
        losses = try golden.tensor("expected.loss").doubles
        norms = try golden.tensor("expected.grad_norm").doubles
        rates = try golden.tensor("expected.lr").doubles
        guard [losses.count, norms.count, rates.count].allSatisfy({ $0 == stepCount }) else {
            throw VerificationError(
                subject: subject,
                detail: "records \(losses.count) losses of \(stepCount) steps",
                hint: "use a fixture that the reference program wrote")
        }
    }

    /// Takes the recorded number of steps; `loss` gives the loss of a micro-batch and its weight.
    func run(
        _ parameters: [Parameter], lossTolerance: Double, _ list: inout Checklist,
        loss: (_ microBatch: Int) -> (loss: Tensor, weight: Double)
    ) throws {
        let group = try ParameterGroup(
            parameters, learningRate: learningRate, weightDecay: weightDecay)
        let optimizer = try AdamW(
            [group],
            settings: try .init(
                beta1: hyper.betas[0], beta2: hyper.betas[1], epsilon: hyper.eps,
                maximumNorm: hyper.clip))
        let schedule = try Schedule(
            .cosine, warmupStepCount: hyper.warmup, stepCount: stepCount)
        var (lossDeviation, norm) = (
            Deviation(absolute: lossTolerance), Deviation(absolute: 1e-7, relative: 1e-4)
        )
        // The fixture holds rates rounded to float32.
        var rate = Deviation(absolute: 1e-9)
        for step in 0..<stepCount {
            var window = GradientWindow()
            var sum = 0.0
            for index in 0..<batchesPerStep {
                let (loss, weight) = loss(step * batchesPerStep + index)
                sum += loss.item
                window.add(gradients(of: loss), of: parameters, weight: weight)
            }
            let factor = schedule.factor(at: step)
            lossDeviation.compare(sum / window.weight, losses[step])
            let report = try optimizer.step(window, learningRateFactor: factor)
            norm.compare(report.gradientNorm, norms[step])
            rate.compare(learningRate * factor, rates[step])
        }
        list.add("losses of \(stepCount) steps", lossDeviation)
        list.add("gradient norms", norm)
        list.add("learning rates", rate)
    }

    /// Compares the trained tensors with the final ones.
    func checkWeights(
        _ parameters: [Parameter], _ final: [String: Tensor], _ list: inout Checklist
    ) {
        var weights = Deviation(absolute: weightTolerance)
        for parameter in parameters {
            weights.compare(parameter.value, final[parameter.path] ?? Tensor.zeros([0]))
        }
        list.add("\(parameters.count) final weights", weights)
        let paths = Set(parameters.map(\.path))
        let others = final.keys.filter { !paths.contains($0) }.sorted()
        if let first = others.first {
            list.addFailure(
                "other final weights", "\(others.count) were not trained here, such as \(first)")
        }
    }
}

extension Fixture {
    func checkAdapterTraining(_ list: inout Checklist) throws {
        let assembly = try adapted("adapter_init") { try LanguageModel($0, at: $1) }
        let golden = try golden()
        let run = try RecordedRun(golden, subject: name)
        let numbers = Set(
            golden.endings(of: "input.").compactMap { $0.split(separator: ".").first }
                .compactMap { Int($0) }
        ).sorted()
        let batches = try numbers.map { try PaddedBatch(golden, prefix: "input.\($0)") }
        guard !batches.isEmpty else {
            throw VerificationError(
                subject: name, detail: "holds no batch 'input.0…'",
                hint: "use a fixture that the reference program wrote")
        }
        let model = assembly.model
        try run.run(assembly.trainedParameters, lossTolerance: 5e-5, &list) { index in
            let batch = batches[index % batches.count]
            let hidden = model(
                model.embeddings(of: batch.tokens),
                layout: SequenceLayout(lengths: batch.lengths))
            let sum = model.loss(
                hidden.gatheringRows(batch.supervisedRows), targets: batch.targets
            ).loss
            let count = Double(batch.targets.count)
            return run.weighting == .tokens ? (sum, count) : (sum.scaled(by: 1 / count), 1)
        }
        let final = try GoldenFile(path: path("adapter_final/adapter_model.safetensors"))
            .tensors(prefixed: Self.peftPrefix)
        run.checkWeights(assembly.trainedParameters, final, &list)
        list.addUnread(of: golden)
    }

    func checkAudioVisualTraining(_ list: inout Checklist) throws {
        let golden = try golden()
        let run = try RecordedRun(golden, subject: name)
        let initial = Self.renamed(try golden.tensors(prefixed: "init."))
        let (batch, padded) = try audioVisualBatch(golden)
        let assembly = try adapted(
            "adapter_init", trained: ["model.mm_projector", "model.mm_projector_a"],
            further: [DictionaryWeights(initial.mapValues { ($0.shape, $0.floats) })]
        ) {
            try AudioVisualModel(
                $0, visualFeatureSize: batch.visual?.features.shape[1],
                audioFeatureSize: batch.audio?.features.shape[1], at: $1)
        }
        let model = assembly.model
        var embeddings = Deviation(absolute: 1e-5)
        embeddings.compare(
            model.embeddings(of: batch).detached(),
            padded.packed(try golden.tensor("expected.step0.inputs_embeds")))
        list.add("embeddings", embeddings)
        let count = Double(batch.targets.count)
        try checkFirstGradients(assembly, batch, golden, &list)
        try run.run(assembly.trainedParameters, lossTolerance: 1e-4, &list) { _ in
            (model.loss(of: batch).loss, count)
        }
        var final = try golden.tensors(prefixed: "expected.final.")
        if contains("adapter_final") {
            let adapter = try GoldenFile(path: path("adapter_final/adapter_model.safetensors"))
            final.merge(try adapter.tensors(prefixed: "")) { first, _ in first }
        }
        run.checkWeights(assembly.trainedParameters, Self.renamed(final), &list)
        list.addUnread(of: golden)
    }

    private func checkFirstGradients(
        _ assembly: Assembly<AudioVisualModel>, _ batch: AudioVisualBatch, _ golden: GoldenFile,
        _ list: inout Checklist
    ) throws {
        let loss = assembly.model.loss(of: batch).loss
            .scaled(by: 1 / Double(batch.targets.count))
        var difference = Deviation(absolute: 1e-4)
        difference.compare(loss.item, try golden.tensor("expected.step0.loss").doubles[0])
        list.add("first loss", difference)
        let gradients = gradients(of: loss)
        let expected = Self.renamed(try golden.tensors(prefixed: "expected.step0.grad."))
        var deviation = Tolerance.gradient
        for parameter in assembly.trainedParameters {
            deviation.compare(
                gradients[parameter.key] ?? Tensor.zeros(parameter.shape),
                expected[parameter.path] ?? Tensor.zeros([0]))
        }
        list.add("first gradients of \(expected.count) weights", deviation)
    }

    private func audioVisualBatch(
        _ golden: GoldenFile
    ) throws -> (batch: AudioVisualBatch, padded: PaddedBatch) {
        let padded = try PaddedBatch(golden)
        let kinds = try golden.integers("input.media_kind")
        func media(_ kind: Int32, _ features: String) throws -> MediaRows? {
            guard golden.contains(features) else { return nil }
            let values = try golden.tensor(features)
            let rows = padded.realRows.indices.filter { kinds[Int(padded.realRows[$0])] == kind }
            let shape = values.shape
            guard shape.count == 3, rows.count == shape[0] * shape[1] else {
                throw VerificationError(
                    subject: name, detail: "\(features) \(shape) for \(rows.count) places",
                    hint: "use a fixture that the reference program wrote")
            }
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

    /// Tensors by the model's paths: the fixtures name projectors in their own way, PEFT has a prefix.
    private static func renamed(_ tensors: [String: Tensor]) -> [String: Tensor] {
        let projectors = [
            "projector.visual.": "model.mm_projector.", "projector.audio.": "model.mm_projector_a.",
        ]
        var result: [String: Tensor] = [:]
        for (name, tensor) in tensors {
            var path = name.hasPrefix(peftPrefix) ? String(name.dropFirst(peftPrefix.count)) : name
            for (stored, projector) in projectors where path.hasPrefix(stored) {
                path = projector + path.dropFirst(stored.count)
            }
            result[path] = tensor
        }
        return result
    }
}
