import Layers
import Models
import Tensors

/// The fixtures' tolerances, for float32 with another order of summation.
enum Tolerance {
    static let states = 1e-4
    static let loss = 1e-5
    static let gradient = Deviation(absolute: 1e-5, relative: 1e-3)
    static let merged = 1e-5
    static let weights = 1e-6
}

extension Fixture {
    /// The key of the embeddings' gradient; parameters have keys from 0 on.
    static let inputKey = -1

    func languageModel(
        _ path: String, plan: TrainingPlan = .frozen
    ) throws -> Assembly<LanguageModel> {
        let file = try LanguageModelFile(path: path)
        return try Blueprint(source: file.weights, plan: plan).assemble {
            try LanguageModel(file.configuration, at: $0)
        }
    }

    func checkLanguageWeights(_ list: inout Checklist) throws {
        let report = try languageModel(path).report
        list.addExact(
            "every stored tensor has a place", count: report.loaded.count + report.unused.count,
            differing: report.unused)
    }

    func checkLanguageModel(_ list: inout Checklist) throws {
        let assembly = try languageModel(path, plan: .everything)
        let golden = try golden()
        list.addExact(
            "every stored tensor has a place",
            count: assembly.report.loaded.count + assembly.report.unused.count,
            differing: assembly.report.unused)
        let batch = try PaddedBatch(golden)
        let model = assembly.model
        try withoutGradients {
            try checkStates(model, batch, golden, &list)
            try checkLongSequence(model, golden, &list)
            try checkGreedyTokens(model, golden, &list)
        }
        try checkLossAndGradients(
            model, assembly.parameters, batch, golden, prefix: "expected.grad.", &list)
        list.addUnread(of: golden)
    }

    private func checkStates(
        _ model: LanguageModel, _ batch: PaddedBatch, _ golden: GoldenFile,
        _ list: inout Checklist
    ) throws {
        let states = model.hiddenStates(
            model.embeddings(of: batch.tokens), layout: SequenceLayout(lengths: batch.lengths))
        var hidden = Deviation(absolute: Tolerance.states)
        for (index, state) in states.enumerated() {
            hidden.compare(
                state, batch.packed(try golden.tensor("expected.hidden_states.\(index)")))
        }
        list.add("hidden states", hidden)
        var logits = Deviation(absolute: Tolerance.states)
        logits.compare(
            model.logits(states[states.count - 1]),
            batch.packed(try golden.tensor("expected.logits")))
        list.add("logits", logits)
    }

    private func checkLongSequence(
        _ model: LanguageModel, _ golden: GoldenFile, _ list: inout Checklist
    ) throws {
        guard golden.contains("input.long_ids") else { return }
        let ids = try golden.integers("input.long_ids")
        let expected = try golden.tensor("expected.long_logits_last8")
        let count = expected.shape[1]
        let hidden = model(
            model.embeddings(of: ids), layout: SequenceLayout(lengths: [ids.count]))
        var deviation = Deviation(absolute: Tolerance.states)
        deviation.compare(
            model.logits(hidden.slice(axis: 0, (ids.count - count)..<ids.count)),
            expected.reshaped([count, expected.shape[2]]))
        list.add("logits at long positions", deviation)
    }

    private func checkGreedyTokens(
        _ model: LanguageModel, _ golden: GoldenFile, _ list: inout Checklist
    ) throws {
        guard golden.contains("input.greedy_prompt") else { return }
        let prompt = try golden.integers("input.greedy_prompt")
        let expected = try golden.integers("expected.greedy_tokens")
        var (hidden, cache) = model.prefill(
            model.embeddings(of: prompt), lengths: [prompt.count])
        var differing: [String] = []
        for (index, token) in expected.enumerated() {
            let logits = model.logits(hidden).floats
            let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
            if best != Int(token) { differing.append("token \(index) is \(best), not \(token)") }
            hidden = model.decode(model.embeddings(of: [Int32(best)]), cache: &cache)
        }
        list.addExact("greedy tokens", count: expected.count, differing: differing)
    }

    /// The mean loss of the supervised tokens and its gradients. The reference starts at the
    /// embeddings, so a tied table gets the output's share only.
    func checkLossAndGradients(
        _ model: LanguageModel, _ parameters: [Parameter], _ batch: PaddedBatch,
        _ golden: GoldenFile, prefix: String, _ list: inout Checklist
    ) throws {
        let inputs = model.embeddings(of: batch.tokens).detached().tracked(as: Self.inputKey)
        let hidden = model(inputs, layout: SequenceLayout(lengths: batch.lengths))
        let loss = model.loss(
            hidden.gatheringRows(batch.supervisedRows), targets: batch.targets
        ).loss.scaled(by: 1 / Double(batch.targets.count))
        var difference = Deviation(absolute: Tolerance.loss)
        difference.compare(loss.item, try golden.tensor("expected.loss").doubles[0])
        list.add("loss", difference)

        let gradients = gradients(of: loss)
        var inputDeviation = Tolerance.gradient
        if let gradient = gradients[Self.inputKey] {
            inputDeviation.compare(
                gradient, batch.packed(try golden.tensor("expected.grad_inputs_embeds")))
        }
        list.add("gradient of the embeddings", inputDeviation)
        let expected = try golden.tensors(prefixed: prefix)
        if expected.isEmpty { return }
        var deviation = Tolerance.gradient
        for (path, reference) in expected.sorted(by: { $0.key < $1.key }) {
            guard let parameter = parameters.first(where: { $0.path == path }) else {
                throw VerificationError(
                    subject: name, detail: "has a gradient of '\(path)', which is no parameter",
                    hint: "use a fixture whose model belongs to its gradients")
            }
            let gradient =
                gradients[parameter.key] ?? Tensor.zeros(parameter.shape)
            deviation.compare(gradient, reference)
        }
        list.add("gradients of \(expected.count) weights", deviation)
    }

    func checkGGUF(_ list: inout Checklist) throws {
        let assembly = try languageModel(path("model.gguf"))
        let golden = try golden()
        list.addExact(
            "every stored tensor has a place",
            count: assembly.report.loaded.count + assembly.report.unused.count,
            differing: assembly.report.unused)
        var weights = Deviation(absolute: Tolerance.weights)
        let references = try golden.tensors(prefixed: "expected.weight.")
        for (path, expected) in references {
            let parameter = assembly.parameters.first { $0.path == path }
            weights.compare(parameter?.value ?? Tensor.zeros([0]), expected)
        }
        list.add("\(references.count) dequantised weights", weights)
        let batch = try PaddedBatch(golden)
        let model = assembly.model
        let hidden = model(
            model.embeddings(of: batch.tokens), layout: SequenceLayout(lengths: batch.lengths))
        var logits = Deviation(absolute: Tolerance.states)
        logits.compare(
            model.logits(hidden), batch.packed(try golden.tensor("expected.logits")))
        list.add("logits", logits)
        let sum = model.loss(
            hidden.gatheringRows(batch.supervisedRows), targets: batch.targets
        ).loss
        var loss = Deviation(absolute: Tolerance.loss)
        loss.compare(
            sum.item / Double(batch.targets.count),
            try golden.tensor("expected.loss").doubles[0])
        list.add("loss", loss)
        list.addUnread(of: golden)
    }
}
