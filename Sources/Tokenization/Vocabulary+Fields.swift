import Foundation

extension Vocabulary.Scheme {
    /// The parts of a `tokenizer.json` that say how text becomes tokens and back.
    struct Fields {
        var normalizer: Any = NSNull()
        var preTokenizer: Any = NSNull()
        var decoder: Any = NSNull()
        var fallsBackToBytes = false
        var takesWholeWords = false
    }

    var fields: Fields {
        switch self {
        case .byteLevel(let rules): Self.fields(rules)
        case .sentencePiece(let rules): Self.fields(rules)
        }
    }

    private static func fields(_ rules: ByteLevelRules) -> Fields {
        let expression = rules.preTokenizer.regularExpression
        let byteLevel: [String: Any] = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": expression == nil,
        ]
        var steps = [byteLevel]
        if let expression {
            steps.insert(
                [
                    "type": "Split", "pattern": ["Regex": expression], "behavior": "Isolated",
                    "invert": false,
                ], at: 0)
        } else if rules.preTokenizer == .smolLM {
            steps.insert(["type": "Digits", "individual_digits": true], at: 0)
        }
        var fields = Fields(
            preTokenizer: steps.count == 1
                ? byteLevel : ["type": "Sequence", "pretokenizers": steps] as [String: Any],
            decoder: byteLevel, takesWholeWords: rules.takesWholeWords)
        if rules.composesCharacters { fields.normalizer = ["type": "NFC"] }
        return fields
    }

    /// LLaMA's form where a space stands before every text, Metaspace where only at its beginning.
    private static func fields(_ rules: SentencePieceRules) -> Fields {
        let mark = String(SentencePieceRules.space)
        var decoders: [[String: Any]] = [
            ["type": "Replace", "pattern": ["String": mark], "content": " "],
            ["type": "ByteFallback"], ["type": "Fuse"],
        ]
        if rules.prefix != .none {
            decoders.append(["type": "Strip", "content": " ", "start": 1, "stop": 0])
        }
        var fields = Fields(
            decoder: ["type": "Sequence", "decoders": decoders] as [String: Any],
            fallsBackToBytes: rules.fallsBackToBytes)
        if rules.prefix == .start || !rules.prefixesSpaces {
            fields.preTokenizer =
                [
                    "type": "Metaspace", "replacement": mark, "split": false,
                    "prepend_scheme": rules.prefix == .start ? "first" : "always",
                ] as [String: Any]
            return fields
        }
        var normalizers: [[String: Any]] = [
            ["type": "Replace", "pattern": ["String": " "], "content": mark]
        ]
        if rules.prefix != .none {
            normalizers.insert(["type": "Prepend", "prepend": mark], at: 0)
        }
        fields.normalizer =
            ["type": "Sequence", "normalizers": normalizers] as [String: Any]
        return fields
    }
}
