import Foundation

/// A folder or file of references: what it is called says its kind, everything else stands in it.
package struct Fixture: Sendable {
    /// What is compared with what.
    package enum Kind: String, Sendable, CaseIterable {
        /// A language model: logits, hidden states, loss, gradients, long positions, greedy tokens.
        case language = "llama"
        /// The same of the Qwen2 family.
        case qwen2
        /// The frozen model of adapters.
        case adapterBase = "llama_lora_base"
        /// An adapter: logits, loss, gradients, merged weights.
        case adapter = "llama_lora"
        /// Steps of training with an adapter.
        case adapterTraining = "llama_lora_train"
        /// Steps of training with features of two modalities.
        case audioVisualTraining = "av"
        /// A language model in a GGUF file.
        case gguf
        /// Quantised blocks and their values.
        case quantisation = "gguf_quants"
        /// Texts and their tokens.
        case tokenizer
        /// Courses of the learning rate.
        case schedules
        /// Whisper's encoder with its input.
        case whisper
        /// Whisper's spectrograms.
        case whisperFeatures = "whisper_features"
        /// Whisper's filters.
        case whisperFilters = "whisper_mel_filters"
        /// CLIP's vision tower with its input.
        case clip
        /// CLIP's preprocessing.
        case clipPreprocessing = "clip_preprocess"
        /// SigLIP's vision tower with its input.
        case sigLIP = "siglip"
        /// CLAP's audio tower.
        case clap
        /// CLAP's spectrograms.
        case clapFeatures = "clap_features"
        /// CLAP's filters.
        case clapFilters = "clap_mel_filters"

        /// The kind with the longest name that a name begins with; a word has to end there.
        package init?(name: String) {
            let kinds = Self.allCases.filter { kind in
                guard name.hasPrefix(kind.rawValue) else { return false }
                let next = name.dropFirst(kind.rawValue.count).first
                return next.map { "_-.".contains($0) } ?? true
            }
            guard let kind = kinds.max(by: { $0.rawValue.count < $1.rawValue.count }) else {
                return nil
            }
            self = kind
        }
    }

    /// The name, without a file's extension.
    let name: String
    /// The path of the folder or file.
    let path: String
    let isFolder: Bool
    /// The folder that the fixtures lie in.
    let parent: String

    var kind: Kind? { Kind(name: name) }

    /// A file inside, or the fixture itself.
    func path(_ file: String) -> String { "\(path)/\(file)" }

    func contains(_ file: String) -> Bool {
        FileManager.default.fileExists(atPath: path(file))
    }

    /// The inputs and outputs: `io.safetensors` of a folder, or the file itself.
    func golden() throws -> GoldenFile {
        try GoldenFile(path: isFolder ? path("io.safetensors") : path)
    }

    func data(_ file: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path(file)))
        } catch {
            throw VerificationError(
                subject: path(file), detail: "cannot be read", hint: "use a complete fixture")
        }
    }

    /// The folder of the model that this one builds on: what its adapter names, or else the neighbour
    /// whose name begins with `prefix` and ends as this one's.
    func base(named hint: String?, prefix: String) throws -> String {
        if let hint {
            let url = URL(fileURLWithPath: path).appendingPathComponent(hint).standardized
            if FileManager.default.fileExists(atPath: url.path) { return url.path }
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        let fitting = names.filter {
            $0.hasPrefix(prefix) && name.hasSuffix($0.dropFirst(prefix.count))
        }
        guard let best = fitting.max(by: { $0.count < $1.count }) else {
            throw VerificationError(
                subject: name, detail: "there is no folder '\(prefix)…' beside it",
                hint: "keep a fixture beside the model it builds on")
        }
        return "\(parent)/\(best)"
    }
}

/// Why a fixture can't be compared.
public struct VerificationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, folder or entry concerned.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// `subject: what is wrong; what to try`
    public var description: String { "\(subject): \(detail); \(hint)" }
}
