public import Checkpointing
import Layers
public import Models
public import Recipes
import Training

/// What a run has trained, sorted by what other programs call it.
public struct TrainedParts: Sendable {
    /// Where it comes from, for messages.
    public let source: String
    /// The recipe that trained it.
    public let recipe: Recipe
    /// The adapters of the language model, sorted by path.
    public let updates: [LowRankUpdate]
    /// The language model's parameters that were trained as a whole, by path.
    public let parameters: [String: StoredArray<Float>]
    /// The projectors as they were trained, statistics of features included.
    public let projectors: [String: StoredArray<Float>]

    private static let projectorNames =
        ["feature_mean", "feature_scale", "begin_token", "end_token"]
        + ProjectorKind.allCases.flatMap { $0.maps.flatMap { ["\($0)weight", "\($0)bias"] } }

    /// Sorts a checkpoint's tensors; `source` is its file.
    ///
    /// Throws: `InterchangeError` when it has none or holds something else, `RecipeError` when its
    /// recipe is not one of this version
    public init(_ checkpoint: Checkpoint, of source: String) throws {
        let recipe = try Recipe(yaml: checkpoint.recipe, file: "\(source): recipe")
        try self.init(checkpoint.tensors, recipe: recipe, source: source)
    }

    init(_ tensors: [String: StoredArray<Float>], recipe: Recipe, source: String) throws {
        let unknown = tensors.keys.sorted().filter { name in
            LowRankUpdate.module(of: name) == nil && !Self.isProjector(name)
                && !Self.isParameter(name)
        }
        if let first = unknown.first {
            throw InterchangeError(
                .data, source,
                "holds \(unknown.count) trained tensors that no format here can express, such as "
                    + "\(first)",
                hint: "read them from the checkpoint itself; Checkpoints/README.md says how")
        }
        guard !tensors.isEmpty else {
            throw InterchangeError(
                .data, source, "holds no trained tensor",
                hint: "export a checkpoint that duet train has made")
        }
        self.source = source
        self.recipe = recipe
        projectors = tensors.filter { Self.isProjector($0.key) }
        parameters = tensors.filter { Self.isParameter($0.key) }
        updates = try Self.updates(tensors, recipe, source)
    }

    /// The projectors as other programs know them: weight and bias, sorted by name.
    var foldedProjectors: [(key: String, value: StoredArray<Float>)] {
        ProjectorFolding.fold(projectors.sorted { $0.key < $1.key })
    }

    /// Whether folding changes anything, so that the projectors as trained are worth keeping too.
    var haveStatistics: Bool { projectors.keys.contains { $0.hasSuffix(".feature_scale") } }

    /// Everything by path, as checkpoints hold it.
    var tensors: [String: StoredArray<Float>] {
        var result = projectors.merging(parameters) { own, _ in own }
        for part in updates.flatMap(\.tensors) {
            result[part.path] = StoredArray(shape: part.shape, scalars: part.values)
        }
        return result
    }

    private static func isProjector(_ name: String) -> Bool {
        ["model.mm_projector.", "model.mm_projector_a."].contains { prefix in
            name.hasPrefix(prefix) && projectorNames.contains(String(name.dropFirst(prefix.count)))
        }
    }

    /// Whether a name is one of a language model's own.
    private static func isParameter(_ name: String) -> Bool {
        LowRankUpdate.module(of: name) == nil
            && (name.hasPrefix("lm_head.")
                || name.hasPrefix("model.") && !name.hasPrefix("model.mm_projector"))
    }

    /// A language model's weights with new values of some parameters.
    static func source(
        _ parameters: [String: StoredArray<Float>], over base: FileWeights
    ) -> any WeightSource {
        if parameters.isEmpty { return base }
        let values = parameters.mapValues { (shape: $0.shape, values: $0.scalars) }
        return CombinedWeights([DictionaryWeights(values), base])
    }

    private static func updates(
        _ tensors: [String: StoredArray<Float>], _ recipe: Recipe, _ source: String
    ) throws -> [LowRankUpdate] {
        let factors = tensors.filter { LowRankUpdate.module(of: $0.key) != nil }
        guard !factors.isEmpty else { return [] }
        guard let lora = recipe.train.lora else {
            throw InterchangeError(
                .data, source, "holds adapters, but its recipe does not say how they are scaled",
                hint: "export the checkpoint of the run that trained the adapters")
        }
        let adaptation = try LowRankAdaptation(lora)
        let modules = Set(factors.keys.compactMap { LowRankUpdate.module(of: $0) })
        return try modules.sorted().map { module in
            func part(_ ending: LowRankUpdate.Ending) -> StoredArray<Float>? {
                factors[module + ending.rawValue]
            }
            let magnitude = part(.magnitude)
            guard let a = part(.a), let b = part(.b),
                let settings = try adaptation.settings(for: module),
                a.shape.count == 2, b.shape.count == 2, a.shape[0] == settings.rank,
                b.shape[1] == settings.rank, settings.isWeightDecomposed == (magnitude != nil),
                (magnitude?.shape ?? [b.shape[0]]) == [b.shape[0]]
            else {
                throw InterchangeError(
                    .data, source,
                    "the adapter of \(module) is not the one that its recipe describes",
                    hint: "export the checkpoint of the run that trained the adapters")
            }
            return LowRankUpdate(
                module: module, a: a.scalars, b: b.scalars, rank: settings.rank,
                scale: settings.scale, magnitude: magnitude?.scalars)
        }
    }
}
