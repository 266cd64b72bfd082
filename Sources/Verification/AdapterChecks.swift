import Foundation
import Layers
import Models
import Tensors
import WeightFiles

extension Fixture {
    /// PEFT's names before a path.
    static let peftPrefix = "base_model.model."

    /// The frozen model with the adapter of a folder.
    func adapted<Model>(
        _ folder: String, trained: [PathPattern] = [], further: [any WeightSource] = [],
        _ build: (LanguageModelConfiguration, Scope) throws -> Model
    ) throws -> Assembly<Model> {
        let place = folder.isEmpty ? "" : "\(folder)/"
        let hasAdapter = contains("\(place)adapter_config.json")
        var plan = TrainingPlan(trained: trained)
        var sources = further
        var baseHint: String?
        if hasAdapter {
            let configuration = try AdapterConfiguration(
                peftJSON: data("\(place)adapter_config.json"),
                subject: "\(place)adapter_config.json")
            baseHint = configuration.baseModel
            plan.adaptation = configuration.adaptation
            sources.append(
                FileWeights(
                    try WeightFiles.open(path("\(place)adapter_model.safetensors")),
                    names: PrefixedNames.peft))
        }
        let base = try LanguageModelFile(
            path: try base(named: baseHint, prefix: Kind.adapterBase.rawValue))
        return try Blueprint(source: CombinedWeights(sources + [base.weights]), plan: plan)
            .assemble { try build(base.configuration, $0) }
    }

    func checkAdapter(_ list: inout Checklist) throws {
        let assembly = try adapted("") { try LanguageModel($0, at: $1) }
        let golden = try golden()
        list.addExact(
            "every stored tensor has a place",
            count: assembly.report.loaded.count + assembly.report.unused.count,
            differing: assembly.report.unused + assembly.report.initialized)
        let batch = try PaddedBatch(golden)
        let model = assembly.model
        let hidden = model(
            model.embeddings(of: batch.tokens), layout: SequenceLayout(lengths: batch.lengths))
        var logits = Deviation(absolute: Tolerance.states)
        logits.compare(
            model.logits(hidden.detached()), batch.packed(try golden.tensor("expected.logits")))
        list.add("logits", logits)
        try checkLossAndGradients(
            model, assembly.trainedParameters, batch, golden,
            prefix: "expected.grad.\(Self.peftPrefix)", &list)
        var merged = Deviation(absolute: Tolerance.merged)
        let references = try golden.tensors(prefixed: "expected.merged.")
        for (path, expected) in references {
            let base = assembly.parameters.first { $0.path == path }
            let adapter = assembly.adapters.first { "\($0.module).weight" == path }
            guard let base, let adapter else {
                throw VerificationError(
                    subject: name, detail: "has merged '\(path)', which has no adapter",
                    hint: "use a fixture whose adapter belongs to its outputs")
            }
            merged.compare(
                Tensor(
                    LowRankUpdate(adapter).merged(into: base.value.floats), shape: base.shape),
                expected)
        }
        list.add("\(references.count) merged weights", merged)
        list.addUnread(of: golden)
    }
}
