internal import Foundation
package import Tokenization
package import WeightFiles

/// The vocabulary and chat template that come with a language model.
enum LanguageText {
    /// Reads them from a GGUF file, or from the tokenizer.json beside Hugging Face weights.
    static func read(
        _ file: any WeightFile, path: String
    ) throws -> (Vocabulary, ChatTemplate) {
        if let gguf = file as? GGUF {
            return (
                try Vocabulary(gguf),
                try ChatTemplate(jinja: try gguf.string("tokenizer.chat_template"))
            )
        }
        let folder = Self.folder(of: path)
        let data = try contents("\(folder)/tokenizer.json")
        return (try Vocabulary(tokenizerJSON: data), try template(in: folder))
    }

    private static func folder(of path: String) -> String {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            return path
        }
        return URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    private static func contents(_ path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TrainingError(
                .asset, subject: path, detail: "cannot be read: \(error.localizedDescription)",
                hint: "keep the model's tokenizer files beside its weights")
        }
    }

    /// `chat_template.jinja`, or the entry of `tokenizer_config.json`.
    private static func template(in folder: String) throws -> ChatTemplate {
        let own = "\(folder)/chat_template.jinja"
        if FileManager.default.fileExists(atPath: own) {
            return try ChatTemplate(jinja: String(decoding: try contents(own), as: UTF8.self))
        }
        struct Configuration: Decodable { let chat_template: String }
        let path = "\(folder)/tokenizer_config.json"
        do {
            let decoded = try JSONDecoder().decode(Configuration.self, from: try contents(path))
            return try ChatTemplate(jinja: decoded.chat_template)
        } catch is DecodingError {
            throw TrainingError(
                .asset, subject: path, detail: "holds no chat template as text",
                hint: "use an instruction-tuned model, which has one")
        }
    }
}

extension Vocabulary {
    /// The vocabulary in a GGUF file's metadata.
    package init(_ gguf: GGUF) throws {
        func optional(_ key: String) throws -> Int? {
            gguf.metadata[key] == nil ? nil : try gguf.integer(key)
        }
        try self.init(
            model: try gguf.string("tokenizer.ggml.model"),
            pre: try gguf.string("tokenizer.ggml.pre"),
            tokens: try gguf.strings("tokenizer.ggml.tokens"),
            tokenTypes: try gguf.integers("tokenizer.ggml.token_type"),
            merges: try gguf.strings("tokenizer.ggml.merges"),
            beginningOfTextID: try optional("tokenizer.ggml.bos_token_id"),
            endOfTextID: try optional("tokenizer.ggml.eos_token_id"))
    }
}
