internal import Foundation
internal import Recipes
package import Tokenization
package import WeightFiles

/// The vocabulary and chat template that come with a language model.
enum LanguageText {
    /// Reads them from a GGUF file, or from the tokenizer's files beside Hugging Face weights; `format`
    /// says how conversations are written instead of as the files say.
    static func read(
        _ file: any WeightFile, path: String, format: Recipe.Model.ChatFormat
    ) throws -> (Vocabulary, ChatTemplate) {
        let vocabulary = try vocabulary(file, path: path)
        let (beginning, ending) = (vocabulary.beginningOfText, vocabulary.endOfText)
        if let named = ChatTemplate.Format(format) {
            return (vocabulary, .named(named, beginning: beginning, ending: ending))
        }
        let jinja =
            if let gguf = file as? GGUF {
                try gguf.optionalString("tokenizer.chat_template")
            } else {
                try TokenizerFiles(besides: path).chatTemplate()
            }
        guard let jinja else {
            throw TrainingError(
                .asset, subject: path, detail: "holds no chat template",
                hint: "name its format with model.chat_template, or use an instruction-tuned model")
        }
        return (
            vocabulary, try ChatTemplate(jinja: jinja, beginning: beginning, ending: ending)
        )
    }

    /// The vocabulary alone.
    static func vocabulary(_ file: any WeightFile, path: String) throws -> Vocabulary {
        try (file as? GGUF).map { try Vocabulary($0) }
            ?? TokenizerFiles(besides: path).vocabulary()
    }

    /// Whether there is a vocabulary at all.
    static func hasVocabulary(_ file: any WeightFile, path: String) -> Bool {
        (file as? GGUF).map { $0.metadata["tokenizer.ggml.tokens"] != nil }
            ?? TokenizerFiles(besides: path).haveVocabulary
    }
}

extension ChatTemplate.Format {
    /// The format that a recipe names, nil for the model's own.
    fileprivate init?(_ name: Recipe.Model.ChatFormat) {
        switch name {
        case .model: return nil
        case .chatML: self = .chatML
        case .llama2: self = .llama2
        case .llama3: self = .llama3
        case .vicuna1: self = .vicuna1
        }
    }
}

extension GGUF {
    fileprivate func optionalString(_ key: String) throws -> String? {
        metadata[key] == nil ? nil : try string(key)
    }
}

extension Vocabulary {
    /// The vocabulary in a GGUF file's metadata.
    package init(_ gguf: GGUF) throws {
        let prefix = "tokenizer.ggml."
        func optional<Value>(_ key: String, _ read: (String) throws -> Value) throws -> Value? {
            gguf.metadata[prefix + key] == nil ? nil : try read(prefix + key)
        }
        let model = try gguf.string(prefix + "model")
        let isByteLevel = model == "gpt2"
        try self.init(
            model: model, pre: isByteLevel ? try gguf.string(prefix + "pre") : "",
            tokens: try gguf.strings(prefix + "tokens"),
            tokenTypes: try gguf.integers(prefix + "token_type"),
            merges: isByteLevel ? try gguf.strings(prefix + "merges") : [],
            scores: model == "llama" ? try gguf.floats(prefix + "scores") : [],
            addsSpacePrefix: try optional("add_space_prefix", gguf.boolean) ?? true,
            beginningOfTextID: try optional("bos_token_id", gguf.integer),
            endOfTextID: try optional("eos_token_id", gguf.integer))
    }
}
