public import Foundation

extension Vocabulary {
    /// The vocabulary as a Hugging Face `tokenizer.json`.
    ///
    /// Source: the serialisation of huggingface/tokenizers; merges as texts, which all versions read
    public func tokenizerJSON() throws -> Data {
        let added = kinds.enumerated().filter { $0.element.isAdded }.map { id, kind in
            [
                "id": id, "content": tokens[id], "special": kind != .userDefined,
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            ] as [String: Any]
        }
        let ids = Dictionary(
            tokens.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let byteLevel: [String: Any] = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true,
        ]
        let digits: [String: Any] = ["type": "Digits", "individual_digits": true]
        let preTokenizers: [String: Any] =
            preTokenizer.isolatesDigits
            ? ["type": "Sequence", "pretokenizers": [digits, byteLevel]] : byteLevel
        let model: [String: Any] = [
            "type": "BPE", "vocab": ids, "merges": merges.map { "\($0.left) \($0.right)" },
            "dropout": NSNull(), "unk_token": NSNull(), "continuing_subword_prefix": NSNull(),
            "end_of_word_suffix": NSNull(), "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false,
        ]
        let file: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(),
            "added_tokens": added, "normalizer": NSNull(), "pre_tokenizer": preTokenizers,
            "post_processor": NSNull(), "decoder": byteLevel, "model": model,
        ]
        return try JSONSerialization.data(
            withJSONObject: file, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// The ids of the tokens after which an answer is complete; the end of a turn comes first.
    public var endIDs: [Int] {
        let named = [ChatTemplate.endOfTurn, ChatTemplate.endOfDocument].compactMap { name in
            tokens.firstIndex(of: name).flatMap { kinds[$0] == .control ? $0 : nil }
        }
        let own = endOfTextID.map { [Int($0)] } ?? []
        return named + own.filter { !named.contains($0) }
    }
}

extension Vocabulary.TokenKind {
    /// Whether Hugging Face lists the token as added to the vocabulary.
    fileprivate var isAdded: Bool { self == .control || self == .userDefined || self == .unknown }
}

extension ChatTemplate {
    /// The template as a Jinja text, which `init(jinja:)` recognises.
    public var jinja: String {
        let turn =
            "{{'\(Self.startOfTurn)' + message['role'] + '\\n' + message['content'] + "
            + "'\(Self.endOfTurn)' + '\\n'}}"
        var system = ""
        if let prompt = defaultSystemPrompt {
            let text = prompt.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
                .replacing("\n", with: "\\n")
            system =
                "{% if loop.first and messages[0]['role'] != 'system' %}{{ '\(Self.startOfTurn)system"
                + "\\n\(text)\(Self.endOfTurn)\\n' }}{% endif %}"
        }
        return "{% for message in messages %}\(system)\(turn){% endfor %}"
            + "{% if add_generation_prompt %}{{ '\(Self.startOfTurn)assistant\\n' }}{% endif %}"
    }
}
