internal import Files
internal import Foundation
internal import Tokenization

/// The files of a tokenizer as Hugging Face lays them out beside a model's weights.
struct TokenizerFiles {
    /// Where they lie.
    let folder: String

    /// Those in a folder, or beside a file.
    init(besides path: String) {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        folder =
            isThere && isFolder.boolValue
            ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// Whether there is a vocabulary at all.
    var haveVocabulary: Bool { exists("tokenizer.json") || exists("tokenizer.model") }

    /// The vocabulary of `tokenizer.json`, or else of SentencePiece's `tokenizer.model`.
    ///
    /// Throws: when there is neither, or one that cannot be read
    func vocabulary() throws -> Vocabulary {
        let ends = try configuration()
        let read: Vocabulary
        if exists("tokenizer.json") {
            read = try Vocabulary(tokenizerJSON: try contents("tokenizer.json"))
        } else if exists("tokenizer.model") {
            read = try Vocabulary(
                sentencePieceModel: try contents("tokenizer.model"), added: try addedTokens())
        } else {
            throw TrainingError(
                .asset, subject: folder, detail: "holds neither tokenizer.json nor tokenizer.model",
                hint: "keep the model's tokenizer files beside its weights")
        }
        return try read.with(beginning: ends?.bos_token?.text, end: ends?.eos_token?.text)
    }

    /// `chat_template.jinja`, or the entry of `tokenizer_config.json`; nil where there is neither.
    func chatTemplate() throws -> String? {
        if exists("chat_template.jinja") {
            return String(decoding: try contents("chat_template.jinja"), as: UTF8.self)
        }
        return try configuration()?.chat_template?.text
    }

    /// The part of `tokenizer_config.json` that is read.
    private struct Configuration: Decodable {
        /// A token by its text, or as an object that holds it.
        struct Token: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                struct Object: Decodable { let content: String }
                do {
                    text = try decoder.singleValueContainer().decode(String.self)
                } catch DecodingError.typeMismatch {
                    text = try Object(from: decoder).content
                }
            }
        }

        /// A template, or several with names, of which `default` is meant.
        struct Template: Decodable {
            let text: String?

            init(from decoder: any Decoder) throws {
                struct Named: Decodable {
                    let name: String
                    let template: String
                }
                let container = try decoder.singleValueContainer()
                do {
                    text = try container.decode(String.self)
                } catch DecodingError.typeMismatch {
                    text = try container.decode([Named].self).first { $0.name == "default" }?
                        .template
                }
            }
        }

        let bos_token: Token?
        let eos_token: Token?
        let chat_template: Template?
    }

    private func configuration() throws -> Configuration? {
        let name = "tokenizer_config.json"
        guard exists(name) else { return nil }
        return try decoded(Configuration.self, name)
    }

    /// Tokens after those of `tokenizer.model`, by id.
    private func addedTokens() throws -> [String] {
        let name = "added_tokens.json"
        guard exists(name) else { return [] }
        return try decoded([String: Int].self, name).sorted { $0.value < $1.value }.map(\.key)
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: try contents(name))
        } catch is DecodingError {
            throw TrainingError(
                .asset, subject: "\(folder)/\(name)", detail: "has other fields than expected",
                hint: "use the tokenizer's files as they were published")
        }
    }

    private func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(name)")
    }

    private func contents(_ name: String) throws -> Data {
        let path = "\(folder)/\(name)"
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TrainingError(
                .asset, subject: path, detail: "cannot be read: \(error.systemReason)",
                hint: "keep the model's tokenizer files beside its weights")
        }
    }
}
