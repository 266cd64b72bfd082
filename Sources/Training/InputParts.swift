public import Datasets
public import Checkpointing
internal import Foundation
public import Models
public import Recipes
public import Tokenization
internal import WeightFiles

/// What stands before a recipe's language model: the text side, and the encoders with their features.
///
/// Nothing of the language model is in memory yet; its file is open.
public struct InputParts {
    /// The language model's file.
    public let language: LanguageModelFile
    /// Where it was read from.
    public let languagePath: String
    /// Tokens and merges, as the model's files give them.
    public let vocabulary: Vocabulary
    /// Text to token ids and back.
    public let tokenizer: Tokenizer
    /// How a conversation is written, by the model's own files or the recipe.
    public let template: ChatTemplate
    /// Samples to token ids with places for media.
    public let prompts: PromptEncoder
    /// The marks of media in questions.
    public let tags: MediaTags
    /// The order of the tokens of pictures and sound, where they stand together.
    public let interleaving: MediaInterleaving?
    /// Features of media.
    public let features: FeatureStore
    /// SHA-256 of every frozen file, by its role.
    public let digests: [String: String]

    /// Opens what a recipe names.
    ///
    /// Throws: what is missing or cannot be read, by file
    public init(recipe: Recipe) throws {
        let assets = try Assets()
        languagePath = try assets.path(of: recipe.model.language)
        language = try LanguageModelFile(path: languagePath)
        (vocabulary, template) = try LanguageText.read(
            language.file, path: languagePath, format: recipe.model.chatFormat)
        tokenizer = try Tokenizer(vocabulary: vocabulary)
        var digests = ["language": try assets.digest(of: languagePath)]
        let parts = try EncoderParts(recipe: recipe, assets: assets)
        digests["visual"] = parts.visual?.settings.encoderDigest
        digests["audio"] = parts.audio?.settings.encoderDigest
        self.digests = digests
        tags = try MediaTags(recipe.model)
        features = try FeatureStore(parts, recipe.data)
        interleaving = MediaInterleaving(
            recipe.model, audioSegmentCount: parts.audio?.settings.segmentCount ?? 0)
        prompts = PromptEncoder(
            tokenizer: tokenizer, template: template.with(recipe.model.systemPrompt),
            systemPrompt: recipe.model.systemPrompt.text, tags: tags,
            maximumTokenCount: recipe.data.maximumTokenCount, interleaving: interleaving)
    }

    /// Text to tokens of a language model that brings its own tokenizer and template, in which a recipe's
    /// system prompt already stands.
    ///
    /// Throws: when they cannot be read
    public static func prompts(
        of language: LanguageModelFile, path: String, recipe: Recipe, tags: MediaTags,
        interleaving: MediaInterleaving?
    ) throws -> PromptEncoder {
        let (vocabulary, template) = try LanguageText.read(
            language.file, path: path, format: .model)
        return PromptEncoder(
            tokenizer: try Tokenizer(vocabulary: vocabulary), template: template, tags: tags,
            maximumTokenCount: recipe.data.maximumTokenCount, interleaving: interleaving)
    }

    /// Refuses trained tensors that belong to other frozen parts; `subject` says whose they are.
    ///
    /// Throws: `TrainingError` that names the part and both digests
    public func require(partsOf checkpoint: Checkpoint, subject: String) throws {
        for (name, digest) in checkpoint.digests.sorted(by: { $0.key < $1.key })
        where digests[name] != digest && name != RunFolder.dataDigest {
            throw TrainingError(
                .request, subject: subject,
                detail: "was trained on another \(name) part (SHA-256 \(digest.prefix(12))…, now "
                    + "\(digests[name].map { "\($0.prefix(12))…" } ?? "none"))",
                hint: "use the same file, or train anew")
        }
    }

    /// How a conversation is written in training: the model's own template with the recipe's system
    /// prompt in place of its default one.
    public func effectiveTemplate(_ prompt: Recipe.SystemPrompt) -> ChatTemplate {
        var result = template.with(prompt)
        if let text = prompt.text { result.defaultSystemPrompt = text }
        return result
    }
}

extension MediaTags {
    /// The marks of media that a model takes in.
    ///
    /// Throws: `DatasetError.Kind.invalidTags`
    public init(_ model: Recipe.Model) throws {
        try self.init(
            visual: model.visual == nil ? [] : [model.visualToken, "<image>"].unique,
            audio: model.audio == nil ? [] : [model.audioToken])
    }
}

extension Array where Element: Hashable {
    fileprivate var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
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
    fileprivate func with(_ prompt: Recipe.SystemPrompt) -> ChatTemplate {
        guard prompt == .none else { return self }
        var copy = self
        copy.defaultSystemPrompt = nil
        return copy
    }
}
