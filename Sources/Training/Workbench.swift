public import Checkpointing
public import Datasets
internal import Files
internal import Foundation
internal import Kernels
public import Layers
internal import Media
public import Models
public import Recipes
internal import Tensors
public import Tokenization
internal import WeightFiles

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
    /// Text to token ids and back.
    public let tokenizer: Tokenizer
    /// How a conversation is written.
    public let template: ChatTemplate
    /// Samples to token ids with places for media.
    public let prompts: PromptEncoder
    /// The marks of media in questions.
    public let tags: MediaTags
    /// Features of media.
    public let features: FeatureStore
    /// SHA-256 of every frozen file, by its role.
    public let digests: [String: String]
    /// Where the language model was read from.
    public let languagePath: String

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
        let assets = try Assets()
        languagePath = try assets.path(of: recipe.model.language)
        let language = try LanguageModelFile(path: languagePath)
        (tokenizer, template) = try LanguageText.read(language.file, path: languagePath)
        var digests = ["language": try assets.digest(of: languagePath)]
        let parts = try EncoderParts(recipe: recipe, assets: assets)
        digests["visual"] = parts.visual?.settings.encoderDigest
        digests["audio"] = parts.audio?.settings.encoderDigest
        self.digests = digests
        tags = try MediaTags(
            visual: recipe.model.visual == nil ? [] : [recipe.model.visualToken, "<image>"].unique,
            audio: recipe.model.audio == nil ? [] : [recipe.model.audioToken])
        features = FeatureStore(
            reader: FeatureReader(
                visual: parts.visual?.settings, audio: parts.audio?.settings,
                cache: try FeatureCache(path: recipe.data.featureCacheFolder)),
            visual: parts.visual, audio: parts.audio)
        let start =
            try checkpoint
            ?? recipe.startFrom.map {
                try Checkpoint.read(from: try RunFolder.checkpoint(at: $0))
            }
        try Self.check(start, against: digests, isContinued: checkpoint != nil)
        let plan = try TrainingPlan(recipe.train)
        let blueprint = Blueprint(
            source: CombinedWeights([
                DictionaryWeights(start?.tensors ?? [:]), language.weights,
            ]),
            plan: plan,
            fresh: checkpoint == nil ? ["model.mm_projector*", "*lora_*"] : [], seed: recipe.seed,
            frozenWeights: weights)
        let assembly = try blueprint.assemble { scope in
            try AudioVisualModel(
                language.configuration, visualFeatureSize: parts.visual?.settings.featureSize,
                audioFeatureSize: parts.audio?.settings.featureSize,
                recomputingLayers: recipe.train.checkpointsGradients, at: scope)
        }
        try Self.requireUse(of: start, assembly.report)
        model = assembly.model
        parameters = assembly.parameters
        adapters = assembly.adapters
        prompts = PromptEncoder(
            tokenizer: tokenizer, template: template.with(recipe.model.systemPrompt),
            systemPrompt: recipe.model.systemPrompt.text, tags: tags,
            maximumTokenCount: recipe.data.maximumTokenCount)
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
        where parameter.isTrained || ParameterGroups.isProjector(parameter.path)
            || parameter.path.contains(".lora_")
        {
            result[parameter.path] = StoredArray(parameter.value)
        }
        return result
    }

    /// Refuses trained tensors that belong to other frozen parts.
    private static func check(
        _ start: Checkpoint?, against digests: [String: String], isContinued: Bool
    ) throws {
        guard let start else { return }
        for (name, digest) in start.digests.sorted(by: { $0.key < $1.key })
        where digests[name] != digest && name != RunFolder.dataDigest {
            throw TrainingError(
                .request, subject: isContinued ? "checkpoint" : "start_from",
                detail: "was trained on another \(name) part (SHA-256 \(digest.prefix(12))…, now "
                    + "\(digests[name].map { "\($0.prefix(12))…" } ?? "none"))",
                hint: "use the same file, or train anew")
        }
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
}

extension Array where Element: Hashable {
    fileprivate var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

extension DictionaryWeights {
    init(_ tensors: [String: StoredArray<Float>]) {
        self.init(tensors.mapValues { (shape: $0.shape, values: $0.scalars) })
    }
}

extension TrainingPlan {
    /// What a recipe trains.
    init(_ training: Recipe.Training) throws {
        self.init(
            trained: training.trainsProjectors
                ? ["model.mm_projector*.weight", "model.mm_projector*.bias"] : [],
            adaptation: try training.lora.map { try LowRankAdaptation($0) })
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
            isRankStabilized: lora.isRankStabilised)
    }
}

extension Recipe.SystemPrompt {
    /// The system turn's text, or nil for the template's own behaviour.
    var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }
}

extension ChatTemplate {
    /// The template with its default system turn left out when the recipe wants none.
    func with(_ prompt: Recipe.SystemPrompt) -> ChatTemplate {
        guard prompt == .none else { return self }
        var copy = self
        copy.defaultSystemPrompt = nil
        return copy
    }
}
