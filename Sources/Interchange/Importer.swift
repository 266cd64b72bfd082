public import Checkpointing
import Datasets
import Files
import Foundation
import Layers
import Models
public import Recipes
public import Training

/// Turns an export of Duet, or an adapter in PEFT's folder and projectors under LLaVA's names, into a
/// checkpoint of no steps.
public struct Importer {
    private let folder: String
    private let recipe: Recipe
    private let found: ImportedParts
    /// Whether it is an export of Duet, which has all projectors that its recipe asks for.
    private let isOwn: Bool
    private let inputs: InputParts

    /// Reads the files and checks that they fit the recipe's language model and each other.
    ///
    /// Without a recipe the folder must be an export of Duet, which brings one.
    /// Throws: what is missing, unknown, or contradicts the recipe
    public init(folder: String, projectors path: String?, recipe given: Recipe?) throws {
        self.folder = folder
        let own = try ImportedDescription(folder: folder)
        isOwn = own != nil
        found = try ImportedParts(folder: folder, projectors: path)
        guard let base = given ?? own?.recipe else {
            throw InterchangeError(
                .request, folder, "does not say which frozen parts it belongs to",
                hint: "name a recipe that does with --recipe")
        }
        if let own, own.recipe.train.lora != nil, found.updates.isEmpty {
            throw InterchangeError(
                .data, folder, "has lost the adapters that its \(ExportFiles.description) tells of",
                hint: "export the checkpoint again")
        }
        recipe = try ImportedLoRA.recipe(base, with: found, of: folder)
        inputs = try InputParts(recipe: recipe)
        try own?.require(inputs)
        try check()
    }

    /// Linear maps with an adapter.
    public var adapterCount: Int { found.updates.count }
    /// Tensors of projectors.
    public var projectorTensorCount: Int { found.projectors.count }
    /// Projectors that the recipe needs and the folder does not have, such as `mm_projector_a`; training
    /// begins them anew.
    public var newProjectors: [String] {
        [("mm_projector", MediaKind.visual), ("mm_projector_a", .audio)].filter { name, kind in
            inputs.features.reader.description(of: kind) != nil
                && !found.projectors.keys.contains { $0.hasPrefix("model.\(name).") }
        }.map(\.0)
    }
    /// Numbers in all of them.
    public var scalarCount: Int { found.tensors.values.reduce(0) { $0 + $1.scalars.count } }

    /// A checkpoint that has everything but a past.
    public func checkpoint() throws -> Checkpoint {
        Checkpoint(
            tensors: found.tensors,
            optimizer: Checkpoint.Optimizer(steps: [:], firstMoments: [:], secondMoments: [:]),
            progress: Checkpoint.Progress(step: 0, epoch: 0, position: 0),
            random: ["seed": recipe.seed], recipe: recipe.resolvedYAML, digests: inputs.digests,
            ledger: Checkpoint.Ledger(), metrics: [:],
            modalityTokens: [
                "visual": recipe.model.visualToken, "audio": recipe.model.audioToken,
            ],
            createdBy: "duet \(DuetVersion.current)", wallTimeSeconds: 0)
    }

    /// Writes a checkpoint into a run's folder and returns its path.
    ///
    /// Throws: when the folder cannot be made or the file not be written
    public func write(_ checkpoint: Checkpoint, to run: RunFolder) throws -> String {
        do {
            try FileManager.default.createDirectory(
                atPath: run.path, withIntermediateDirectories: true)
        } catch {
            throw InterchangeError(
                .storage, run.path,
                "cannot be made: \(error.systemReason)",
                hint: "check the folder, its permissions and the free space")
        }
        let path = run.checkpoints.path(forStep: 0)
        do {
            try checkpoint.write(to: path)
        } catch {
            run.removeIfEmpty()
            throw error
        }
        return path
    }

    private func check() throws {
        let shapes = Dictionary(
            uniqueKeysWithValues: inputs.language.configuration.parameterShapes.map {
                ($0.path, $0.shape)
            })
        var problems: [String] = []
        for update in found.updates {
            let found = [update.outputs, update.inputs]
            let expected = shapes["\(update.module).weight"]
            if found != expected {
                problems.append(
                    "\(update.module) is adapted as \(found), the language model has "
                        + "\(expected.map { "\($0)" } ?? "no such map")")
            }
        }
        for (path, array) in found.parameters.sorted(by: { $0.key < $1.key }) {
            let expected = shapes[path]
            if array.shape != expected {
                problems.append(
                    "\(path) is \(array.shape), the language model has "
                        + "\(expected.map { "\($0)" } ?? "no such parameter")")
            }
        }
        problems += try missingAdapters(shapes.keys.sorted())
        problems += projectorProblems()
        guard let first = problems.first else { return }
        throw InterchangeError(
            .data, folder,
            "does not fit \(recipe.model.language): \(first)"
                + (problems.count > 1 ? ", and \(problems.count - 1) more" : ""),
            hint: "name the recipe of the model that it was trained on")
    }

    /// Maps that the recipe would adapt and the folder does not.
    private func missingAdapters(_ paths: [String]) throws -> [String] {
        guard let adaptation = found.adaptation else { return [] }
        let given = Set(found.updates.map(\.module))
        return try paths.compactMap { path in
            guard path.hasPrefix("model.layers."), path.hasSuffix("_proj.weight") else {
                return nil
            }
            let module = String(path.dropLast(".weight".count))
            let settings = try adaptation.settings(for: module)
            return settings != nil && !given.contains(module)
                ? "\(module) has no adapter in the file" : nil
        }
    }

    private func projectorProblems() -> [String] {
        let reader = inputs.features.reader
        let hidden = inputs.language.configuration.hiddenSize
        var problems: [String] = []
        for (kind, name) in [("visual", "mm_projector"), ("audio", "mm_projector_a")] {
            let size =
                reader.description(of: kind == "visual" ? .visual : .audio)?["feature_size"] as? Int
            let own = found.projectors.filter { $0.key.hasPrefix("model.\(name).") }
            guard let size else {
                if !own.isEmpty {
                    problems.append("it has a \(kind) projector, the recipe no encoder")
                }
                continue
            }
            if own.isEmpty, !isOwn { continue }
            let hasBoundaryTokens =
                kind == "visual"
                ? recipe.model.visual?.hasBoundaryTokens : recipe.model.audio?.hasBoundaryTokens
            let tokens = hasBoundaryTokens == true ? ["begin_token", "end_token"] : []
            problems += Self.problems(
                of: own, at: "model.\(name).", ProjectorKind(recipe.model.projector), tokens, size,
                hidden)
        }
        return problems
    }

    /// What is wrong with the tensors of one projector, whose names begin with `prefix`.
    private static func problems(
        of own: [String: StoredArray<Float>], at prefix: String, _ kind: ProjectorKind,
        _ tokens: [String], _ size: Int, _ hidden: Int
    ) -> [String] {
        let found = ProjectorKind(names: own.keys.map { String($0.dropFirst(prefix.count)) })
        if let found, found != kind {
            return [
                "its projector is \(found.rawValue), the recipe's model.projector \(kind.rawValue)"
            ]
        }
        var required: [(part: String, shape: [Int])] = []
        for (index, map) in kind.maps.enumerated() {
            required.append(("\(map)weight", [hidden, index == 0 ? size : hidden]))
            required.append(("\(map)bias", [hidden]))
        }
        required += tokens.map { ($0, [hidden]) }
        var problems: [String] = []
        var expected = ["feature_mean": [size], "feature_scale": [size]]
        for (part, shape) in required {
            expected[part] = shape
            if own[prefix + part] == nil { problems.append("\(prefix)\(part) is missing") }
        }
        for (path, array) in own.sorted(by: { $0.key < $1.key }) {
            let part = String(path.dropFirst(prefix.count))
            if array.shape != expected[part] {
                problems.append(
                    "\(path) is \(array.shape), expected "
                        + "\(expected[part].map { "\($0)" } ?? "none")")
            }
        }
        return problems
    }
}
