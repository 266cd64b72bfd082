public import Checkpointing
public import Datasets
internal import Kernels
public import Layers
public import Models
public import Recipes
internal import Tensors
public import Tokenization

/// Everything that a recipe puts together: the language model with projectors and adapters, its
/// tokenizer and chat template, the frozen encoders, and the features they give.
public final class Workbench {
    /// What was asked for.
    public let recipe: Recipe
    /// The model.
    public let model: AudioVisualModel
    /// Every parameter of the model.
    public let parameters: [Parameter]
    /// The adapters in it.
    public let adapters: [Adapter]
    /// What stands before the language model.
    public let inputs: InputParts
    /// What a checkpoint brought, by path.
    private let broughtPaths: Set<String>
    /// What the language model's files and the checkpoint gave.
    public let report: LoadReport

    /// Text to token ids and back.
    public var tokenizer: Tokenizer { inputs.tokenizer }
    /// How a conversation is written.
    public var template: ChatTemplate { inputs.template }
    /// Samples to token ids with places for media.
    public var prompts: PromptEncoder { inputs.prompts }
    /// The marks of media in questions.
    public var tags: MediaTags { inputs.tags }
    /// Features of media.
    public var features: FeatureStore { inputs.features }
    /// SHA-256 of every frozen file, by its role.
    public var digests: [String: String] { inputs.digests }
    /// Where the language model was read from.
    public var languagePath: String { inputs.languagePath }

    /// Puts a recipe's parts together; trained tensors come from `checkpoint`, or else from the
    /// recipe's `start_from`, or are new.
    ///
    /// Throws: what is missing or does not fit, by file and tensor; a checkpoint of another recipe
    public convenience init(recipe: Recipe, checkpoint: Checkpoint? = nil) throws {
        if let checkpoint { try RecipeDifference.require(recipe, of: checkpoint) }
        try self.init(
            assembling: recipe, checkpoint,
            weights: recipe.model.weights == .asStored ? .asStored : .float32)
    }

    private init(
        assembling recipe: Recipe, _ checkpoint: Checkpoint?, weights: FrozenWeights
    ) throws {
        self.recipe = recipe
        if recipe.threadCount > 0 { Parallel.use(threads: recipe.threadCount) }
        let inputs = try InputParts(recipe: recipe)
        self.inputs = inputs
        let start =
            try checkpoint
            ?? recipe.startFrom.map {
                try Checkpoint.read(from: try RunFolder.checkpoint(at: $0))
            }
        if let start {
            try inputs.require(
                partsOf: start, subject: checkpoint == nil ? "start_from" : "checkpoint")
        }
        let plan = try TrainingPlan(recipe)
        let blueprint = Blueprint(
            source: CombinedWeights([
                DictionaryWeights(start?.tensors ?? [:]), inputs.language.weights,
            ]),
            plan: plan,
            fresh: checkpoint == nil ? ["model.mm_projector*", "*lora_*"] : [], seed: recipe.seed,
            frozenWeights: weights)
        let assembly = try blueprint.assemble { scope in
            try AudioVisualModel(
                inputs.language.configuration,
                visualFeatureSize: inputs.features.reader.visual?.featureSize,
                audioFeatureSize: inputs.features.reader.audio?.featureSize,
                projector: ProjectorKind(recipe.model.projector),
                visualHasBoundaryTokens: recipe.model.visual?.hasBoundaryTokens ?? false,
                audioHasBoundaryTokens: recipe.model.audio?.hasBoundaryTokens ?? false,
                recomputingLayers: recipe.train.checkpointsGradients, at: scope)
        }
        try Self.requireUse(of: start, assembly.report)
        try Self.requireFrozenProjectors(recipe.train, assembly.trainedParameters)
        broughtPaths = Set(start?.tensors.keys.map { $0 } ?? [])
        report = assembly.report
        model = assembly.model
        parameters = assembly.parameters
        adapters = assembly.adapters
    }

    /// The recipe and trained tensors of a checkpoint put together, for use rather than training;
    /// frozen weights stay as their file stores them, which answers are written from fastest.
    public static func opening(_ checkpoint: Checkpoint) throws -> Workbench {
        try Workbench(
            assembling: try Recipe(yaml: checkpoint.recipe, file: "the checkpoint's recipe"),
            checkpoint, weights: .asStored)
    }

    /// Frozen numbers of the model.
    public var frozenCount: Int {
        parameters.filter { !$0.isTrained }.reduce(0) { $0 + $1.scalarCount }
    }

    /// Values of everything that is trained, by path; also of what an earlier run trained.
    var trainedTensors: [String: StoredArray<Float>] {
        var result: [String: StoredArray<Float>] = [:]
        for parameter in parameters
        where parameter.isTrained || broughtPaths.contains(parameter.path)
            || ParameterGroups.Part(path: parameter.path) == .projectors
        {
            result[parameter.path] = StoredArray(parameter.value)
        }
        return result
    }

    /// Refuses a checkpoint with trained tensors that the recipe would drop.
    private static func requireUse(of start: Checkpoint?, _ report: LoadReport) throws {
        let unused = report.unused.filter { start?.tensors[$0] != nil }
        guard let first = unused.first else { return }
        throw TrainingError(
            .request, subject: "start_from",
            detail: "holds \(unused.count) trained tensors that have no place in this recipe, "
                + "such as \(first)",
            hint: "name the same train.lora.targets as the recipe that trained them")
    }

    /// Refuses a pattern of the language model's parameters that means projectors, too, against their key.
    private static func requireFrozenProjectors(
        _ training: Recipe.Training, _ trained: [Parameter]
    ) throws {
        guard !training.trainsProjectors,
            let projector = trained.first(where: {
                ParameterGroups.Part(path: $0.path) == .projectors
            })
        else { return }
        throw TrainingError(
            .request, subject: "train.parameters",
            detail: "means \(projector.path), too, which train.projectors: false keeps frozen",
            hint: "name parameters of the language model, or set train.projectors: true")
    }
}

extension Recipe {
    /// The kinds of media whose projectors are new in this recipe, rather than what `start_from` has learnt.
    func newProjectorKinds() throws -> [MediaKind] {
        let learnt = try startFrom.map {
            try Checkpoint.summary(of: try RunFolder.checkpoint(at: $0)).shapes.keys
        }
        return MediaKind.allCases.filter { kind in
            guard (kind == .visual ? model.visual != nil : model.audio != nil) else { return false }
            let name = kind == .visual ? "model.mm_projector." : "model.mm_projector_a."
            return learnt?.contains { $0.hasPrefix(name) && !$0.contains(".feature_") } != true
        }
    }
}

extension DictionaryWeights {
    init(_ tensors: [String: StoredArray<Float>]) {
        self.init(tensors.mapValues { (shape: $0.shape, values: $0.scalars) })
    }
}

extension TrainingPlan {
    /// What a recipe trains.
    ///
    /// Throws: `LayerError` for a pattern that is no regular expression
    public init(_ recipe: Recipe) throws {
        var trained = recipe.train.parameters.map { PathPattern($0) }
        if recipe.train.trainsProjectors {
            trained += ["model.mm_projector*.weight", "model.mm_projector*.bias"]
            let (visual, audio) = (recipe.model.visual, recipe.model.audio)
            if visual?.hasBoundaryTokens == true || audio?.hasBoundaryTokens == true {
                trained.append("model.mm_projector*_token")
            }
        }
        self.init(
            trained: trained, adaptation: try recipe.train.lora.map { try LowRankAdaptation($0) })
    }
}

extension ProjectorKind {
    /// What a recipe asks for.
    public init(_ projector: Recipe.Model.Projector) {
        switch projector {
        case .linear: self = .linear
        case .mlp2xGELU: self = .mlp2xGELU
        }
    }
}

extension LowRankAdaptation {
    /// What a recipe asks for.
    ///
    /// Throws: `LayerError` for a pattern that is no regular expression
    public init(_ lora: Recipe.LoRA) throws {
        try self.init(
            targets: .suffixes(lora.targets), rank: lora.rank, alpha: lora.alpha,
            dropoutRate: lora.dropout,
            patterns: lora.patterns.map {
                // A recipe's expression is searched in the path; an adaptation's matches its end.
                Pattern(
                    ".*(?:\($0.match)).*", rank: $0.rank, alpha: $0.alpha,
                    dropoutRate: $0.dropout)
            },
            isRankStabilized: lora.isRankStabilised,
            isWeightDecomposed: lora.isWeightDecomposed)
    }
}
