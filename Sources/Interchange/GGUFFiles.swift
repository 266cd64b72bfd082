import Checkpointing
import Models
import Recipes
import Tokenization
import Training
import WeightFiles

/// A language model as one GGUF file, as llama.cpp reads it.
///
/// Source: llama.cpp's convert_hf_to_gguf.py
struct GGUFFiles {
    let inputs: InputParts
    let parts: TrainedParts
    let type: StoredType
    let template: ChatTemplate

    func write(to path: String, between: @escaping () throws -> Void) throws {
        try GGUFWriter.write(
            metadata: try metadata(), tensors: try tensors().map { $0.preceded(by: between) },
            to: path)
    }

    func tensors() throws -> [PlannedTensor] {
        try inputs.language.ggufTensors(
            type: type, updates: parts.updates, replaced: parts.parameters.mapValues(\.scalars))
    }

    /// Source: enum llama_ftype in llama.h
    private var fileType: Int {
        switch type {
        case .float16: 1
        case .q4_0: 2
        case .q4_1: 3
        case .q8_0: 7
        case .bfloat16: 32
        default: 0
        }
    }

    private func metadata() throws -> [(key: String, value: GGUFValue)] {
        let general: [(key: String, value: GGUFValue)] = [
            (
                "general.architecture",
                .string(inputs.language.configuration.family.rawValue)
            ), ("general.type", .string("model")),
            ("general.name", .string(parts.recipe.name)), ("general.file_type", .integer(fileType)),
            ("general.quantization_version", .integer(2)),
        ]
        let rest: [(key: String, value: GGUFValue)]
        if let base = inputs.language.file as? GGUF {
            let written = Set(general.map(\.key)).union(["tokenizer.chat_template"])
            let dropped = ["general.alignment", "general.quantized_by", "quantize.", "split."]
            rest = base.metadata.sorted { $0.key < $1.key }.filter { entry in
                !written.contains(entry.key) && !dropped.contains { entry.key.hasPrefix($0) }
            }
        } else {
            rest = inputs.language.configuration.ggufMetadata + vocabularyMetadata
        }
        var result = general
        result += rest
        result.append((key: "tokenizer.chat_template", value: .string(template.jinja)))
        return result
    }

    /// The tokenizer; ids that the model has but the tokenizer does not are called unused.
    private var vocabularyMetadata: [(key: String, value: GGUFValue)] {
        let vocabulary = inputs.vocabulary
        let count = inputs.language.configuration.vocabularyCount
        var tokens = vocabulary.tokens
        var kinds = vocabulary.kinds.map { Int($0.rawValue) }
        for id in tokens.count..<max(tokens.count, count) {
            tokens.append("[PAD\(id)]")
            kinds.append(Int(Vocabulary.TokenKind.unused.rawValue))
        }
        var result: [(key: String, value: GGUFValue)] = [
            ("tokenizer.ggml.tokens", .strings(tokens)),
            ("tokenizer.ggml.token_type", .integers(kinds)),
            ("tokenizer.ggml.add_bos_token", .boolean(template.leadingToken != nil)),
        ]
        result += schemeMetadata(vocabulary, tokenCount: tokens.count)
        if let end = vocabulary.endIDs.first {
            result.append(("tokenizer.ggml.eos_token_id", .integer(end)))
            result.append(("tokenizer.ggml.padding_token_id", .integer(end)))
            let start = vocabulary.beginningOfTextID.map(Int.init) ?? end
            result.append(("tokenizer.ggml.bos_token_id", .integer(start)))
        }
        return result
    }

    /// How text becomes tokens, by llama.cpp's names; padding tokens come last of all.
    private func schemeMetadata(
        _ vocabulary: Vocabulary, tokenCount: Int
    ) -> [(key: String, value: GGUFValue)] {
        switch vocabulary.scheme {
        case .byteLevel(let rules):
            let merges = vocabulary.merges.map { "\($0.left) \($0.right)" }
            return [
                ("tokenizer.ggml.model", .string("gpt2")),
                ("tokenizer.ggml.pre", .string(rules.preTokenizer.rawValue)),
                ("tokenizer.ggml.merges", .strings(merges)),
                ("tokenizer.ggml.add_space_prefix", .boolean(false)),
            ]
        case .sentencePiece(let rules):
            let scores = vocabulary.rankedScores.map { Double($0) }
            let padding = [Double](repeating: scores.min() ?? 0, count: tokenCount - scores.count)
            return [
                ("tokenizer.ggml.model", .string("llama")),
                ("tokenizer.ggml.pre", .string("default")),
                ("tokenizer.ggml.scores", .floats(scores + padding)),
                ("tokenizer.ggml.add_space_prefix", .boolean(rules.prefix != .none)),
            ]
        }
    }
}
