public import Checkpointing
public import Datasets
import Files
import Foundation
import Kernels
import Layers
import Models
public import Recipes
import Tokenization
public import Training
public import WeightFiles

/// Writes what a run has trained for other programs, and proves that they get the same model.
///
/// Source: Hugging Face's PEFT and transformers, llama.cpp, LLaVA (names of files and tensors)
public struct Exporter {
    private let checkpoint: Checkpoint
    private let parts: TrainedParts
    private let inputs: InputParts
    private let assets: Assets
    /// Bytes of weights in one safetensors file of a merged model.
    public var shardByteLimit = 5_000_000_000

    /// Opens the parts that a checkpoint was trained on; `source` is its file.
    ///
    /// Throws: what is missing, or is not what the checkpoint was trained on
    public init(_ checkpoint: Checkpoint, of source: String) throws {
        self.checkpoint = checkpoint
        parts = try TrainedParts(checkpoint, of: source)
        if parts.recipe.threadCount > 0 { Parallel.use(threads: parts.recipe.threadCount) }
        assets = try Assets()
        inputs = try InputParts(recipe: parts.recipe)
        try inputs.require(partsOf: checkpoint, subject: source)
    }

    /// The recipe of the checkpoint.
    public var recipe: Recipe { parts.recipe }

    /// The probes of the proof: one a modality, and one about each of some samples.
    ///
    /// Throws: the medium that cannot be read
    public func probes(about samples: [Sample] = []) async throws -> [Probe] {
        var probes = try Probe.usual(parts, inputs)
        for sample in samples { probes.append(try await Probe.about(sample, inputs)) }
        return probes
    }

    /// Fills a folder that is there, reads it back, and compares it with the checkpoint.
    ///
    /// Throws: `InterchangeError` when the format cannot hold what was trained, when a stop was asked
    /// for, or when what was written computes something else; errors of files
    public func write(
        _ format: ExportFormat, type: StoredType, to folder: String, probes: [Probe],
        interruption: Interruption = Interruption(), note: (String) -> Void = { _ in }
    ) throws -> Proof {
        let stop = { @Sendable [source = parts.source] () throws -> Void in
            guard interruption.isRequested else { return }
            throw InterchangeError(
                .stopped, source, "its export was stopped; nothing was kept",
                hint: "start it again when there is time")
        }
        note("writing \(format.rawValue) as \(type.rawValue)")
        try writeWeights(format, type, to: folder, between: stop)
        try writeProjectors(to: folder)
        let description = ExportDescription(
            parts: parts, checkpoint: checkpoint, inputs: inputs, format: format,
            type: type.rawValue)
        try ExportFiles.write(
            fields: description.fields, to: "\(folder)/\(ExportFiles.description)")
        try stop()
        note("reading it back and comparing it with the checkpoint")
        let proof = try prove(format, type, folder, probes, between: stop)
        let card = ModelCard(
            parts: parts, checkpoint: checkpoint, assets: assets, format: format,
            type: type.rawValue, proof: proof, basePath: inputs.languagePath)
        try DurableFile.write(card.text, to: "\(folder)/\(ExportFiles.card)")
        try stop()
        return proof
    }

    package func writeProjectors(to folder: String) throws {
        try AdapterFiles.writeProjectors(parts, to: folder)
    }

    package func writeWeights(
        _ format: ExportFormat, _ type: StoredType, to folder: String,
        between: @escaping () throws -> Void
    ) throws {
        try format.require(parts, of: inputs.language.configuration)
        switch format {
        case .adapter:
            try AdapterFiles.write(parts, to: folder)
        case .merged:
            try merged(type).write(to: folder, between: between)
        case .gguf:
            try gguf(type).write(to: "\(folder)/\(ExportFiles.model)", between: between)
        case .ggufAdapter:
            try GGUFAdapterFile.write(
                parts.updates, of: inputs.language.configuration, name: parts.recipe.name,
                to: "\(folder)/\(ExportFiles.adapterGGUF)")
        case .hdf5:
            let description = ExportDescription(
                parts: parts, checkpoint: checkpoint, inputs: inputs, format: format,
                type: type.rawValue)
            try TrainedFile.write(
                parts, checkpoint, description: description.fields,
                to: "\(folder)/\(ExportFiles.hdf5)")
        }
    }

    package func prove(
        _ format: ExportFormat, _ type: StoredType, _ folder: String, _ probes: [Probe],
        between: @escaping () throws -> Void
    ) throws -> Proof {
        let expected = try result(
            of: TrainedParts.source(parts.parameters, over: inputs.language.weights),
            parts.updates, probes, between)
        let written = try ReadBack(
            folder: folder, format: format, recipe: parts.recipe, inputs: inputs
        ).model().result(
            of: probes, counts: inputs.features.reader.tokenCounts, between: between)
        guard written.tokens == expected.tokens else {
            throw InterchangeError(
                .proof, format.rawValue,
                "its tokenizer and template give other tokens for the probes than the run's",
                hint: "report this with the recipe; nothing was kept")
        }
        let rounded = try plan(format, type).map {
            try result(of: RoundedWeights(inputs.language, parts, plan: $0), [], probes, between)
        }
        let proof = Proof(
            export: format.rawValue, type: type, probes: probes, ranges: expected.ranges,
            checkpoint: expected.logits, rounded: (rounded ?? expected).logits,
            export: written.logits)
        guard proof.passed else { throw Self.failure(proof) }
        try ExportFiles.write(proof, to: "\(folder)/\(ExportFiles.proof)")
        try ProbeFile.write(probes, expected, to: "\(folder)/\(ExportFiles.probes)")
        return proof
    }

    /// What the run's own model makes of probes, with weights and adapters from somewhere.
    private func result(
        of source: any WeightSource, _ updates: [LowRankUpdate], _ probes: [Probe],
        _ between: @escaping () throws -> Void
    ) throws -> ComparedModel.Result {
        try ComparedModel(
            language: LayerwiseLanguageModel(
                inputs.language.configuration, source: source, updates: updates),
            projectors: parts.projectors, prompts: inputs.prompts
        ).result(
            of: probes, counts: inputs.features.reader.tokenCounts, between: between)
    }

    private func merged(_ type: StoredType) -> MergedFiles {
        MergedFiles(
            inputs: inputs, parts: parts, type: type, template: template,
            shardByteLimit: shardByteLimit)
    }

    private func gguf(_ type: StoredType) -> GGUFFiles {
        GGUFFiles(inputs: inputs, parts: parts, type: type, template: template)
    }

    private var template: ChatTemplate {
        inputs.effectiveTemplate(parts.recipe.model.systemPrompt)
    }

    /// The language model's tensors as an export has them; nil where none is rounded.
    private func plan(_ format: ExportFormat, _ type: StoredType) throws -> [PlannedTensor]? {
        switch format {
        case _ where type == .float32: nil
        case .merged: try merged(type).tensors()
        case .gguf: try gguf(type).tensors()
        case .adapter, .ggufAdapter, .hdf5: nil
        }
    }

    private static func failure(_ proof: Proof) -> InterchangeError {
        func text(_ value: Double) -> String { String(format: "%.3g", value) }
        let subject = "\(proof.export) as \(proof.weights)"
        guard proof.isFaithful else {
            return InterchangeError(
                .proof, subject,
                "differs by up to \(text(proof.unexplainedLogitDifference)) in a score from the "
                    + "checkpoint with its weights stored so; expected at most "
                    + "\(text(proof.allowedUnexplainedDifference)), so what was written is not what "
                    + "was trained",
                hint: "nothing was kept; report this with the recipe")
        }
        return InterchangeError(
            .proof, subject,
            "differs from the checkpoint by up to \(text(proof.maximumLogitDifference)) in a score, "
                + "\(text(proof.rootMeanSquareDifference)) in their root mean square, and "
                + "\(text(proof.divergence)) nats; expected at most "
                + "\(text(proof.allowedLogitDifference)), \(text(proof.allowedRootMeanSquare)) and "
                + "\(text(proof.allowedDivergence)) (\(proof.reason))",
            hint: "nothing was kept; try a type with more bits")
    }
}
