import Checkpointing
import Files
import Foundation
import Models
import Tokenization
import Training
import WeightFiles

/// A language model as a Hugging Face folder: configuration, tokenizer, weights.
///
/// Source: transformers' save_pretrained
struct MergedFiles {
    let inputs: InputParts
    let parts: TrainedParts
    let type: StoredType
    /// How a conversation is written, the recipe's system prompt included.
    let template: ChatTemplate
    let shardByteLimit: Int

    /// Where the language model's own JSON files lie; nil for a GGUF file.
    private var baseFolder: String? {
        if inputs.language.file is GGUF { return nil }
        var isFolder: ObjCBool = false
        let path = inputs.languagePath
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            return path
        }
        return URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    func write(to folder: String, between: @escaping () throws -> Void) throws {
        try ExportFiles.write(fields: try configuration(), to: "\(folder)/config.json")
        try ExportFiles.write(fields: try generation(), to: "\(folder)/generation_config.json")
        try writeTokenizer(to: folder)
        try SafetensorsWriter.writeModel(
            try tensors().map { $0.preceded(by: between) }, metadata: ["format": "pt"],
            shardByteLimit: shardByteLimit, to: folder)
    }

    func tensors() throws -> [PlannedTensor] {
        try inputs.language.huggingFaceTensors(
            type: type, updates: parts.updates, replaced: parts.parameters.mapValues(\.scalars))
    }

    private func base(_ name: String) throws -> [String: Any]? {
        guard let baseFolder, FileManager.default.fileExists(atPath: "\(baseFolder)/\(name)") else {
            return nil
        }
        return try ExportFiles.object("\(baseFolder)/\(name)")
    }

    private func configuration() throws -> [String: Any] {
        var fields = try base("config.json") ?? inputs.language.configuration.huggingFaceFields()
        let names: [StoredType: String] = [
            .float32: "float32", .float16: "float16", .bfloat16: "bfloat16",
        ]
        for key in ["dtype", "quantization_config"] { fields[key] = nil }
        fields["torch_dtype"] = names[type]
        let vocabulary = inputs.vocabulary
        if fields["bos_token_id"] == nil, let id = vocabulary.beginningOfTextID {
            fields["bos_token_id"] = Int(id)
        }
        if fields["eos_token_id"] == nil, let id = vocabulary.endIDs.first {
            fields["eos_token_id"] = id
        }
        return fields
    }

    /// A model ends its answers with the end of a turn, which must stop the writing of others too.
    private func generation() throws -> [String: Any] {
        var fields = try base("generation_config.json") ?? [:]
        let own: [Int] =
            (fields["eos_token_id"] as? [Int]) ?? (fields["eos_token_id"] as? Int).map { [$0] }
            ?? []
        let ends = inputs.vocabulary.endIDs
        fields["eos_token_id"] = ends + own.filter { !ends.contains($0) }
        if fields["pad_token_id"] == nil, let end = ends.first { fields["pad_token_id"] = end }
        if fields["bos_token_id"] == nil, let id = inputs.vocabulary.beginningOfTextID {
            fields["bos_token_id"] = Int(id)
        }
        return fields
    }

    private func writeTokenizer(to folder: String) throws {
        let vocabulary = inputs.vocabulary
        if let baseFolder {
            let names = [
                "tokenizer.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json",
            ]
            for name in names {
                guard let data = FileManager.default.contents(atPath: "\(baseFolder)/\(name)")
                else {
                    continue
                }
                try DurableFile.write(data, to: "\(folder)/\(name)")
            }
        } else {
            try DurableFile.write(
                try vocabulary.tokenizerJSON(), to: "\(folder)/tokenizer.json")
        }
        var fields = try base("tokenizer_config.json") ?? tokenizerFields(vocabulary)
        fields["chat_template"] = template.jinja
        try ExportFiles.write(fields: fields, to: "\(folder)/tokenizer_config.json")
        try DurableFile.write(template.jinja, to: "\(folder)/chat_template.jinja")
    }

    private func tokenizerFields(_ vocabulary: Vocabulary) -> [String: Any] {
        var fields: [String: Any] = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
            "model_max_length": inputs.language.configuration.positionCount,
            "add_bos_token": template.leadingToken != nil, "add_eos_token": false,
        ]
        if let end = vocabulary.endIDs.first {
            fields["eos_token"] = vocabulary.endOfText
            fields["pad_token"] = vocabulary.tokens[end]
        }
        if let id = vocabulary.beginningOfTextID {
            fields["bos_token"] = vocabulary.tokens[Int(id)]
        }
        return fields
    }
}
