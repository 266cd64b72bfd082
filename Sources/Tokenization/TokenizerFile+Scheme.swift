extension TokenizerFile {
    private typealias Rules = SentencePieceRules

    /// How text becomes tokens, by the file's settings.
    ///
    /// Throws: when it asks for what is known as neither byte-level nor SentencePiece BPE
    func scheme() throws(TokenizationError) -> Vocabulary.Scheme {
        try checkOptions()
        let normalizers = Self.steps(normalizer, \.normalizers)
        let preTokenizers = Self.steps(pre_tokenizer, \.pretokenizers)
        if preTokenizers.contains(where: { $0.type == "ByteLevel" }) {
            return .byteLevel(try byteLevelRules(normalizers, preTokenizers))
        }
        guard model.byte_fallback ?? false else { throw Self.unknownPreTokenizer }
        return .sentencePiece(try sentencePieceRules(normalizers, preTokenizers))
    }

    private static func steps(_ step: Step?, _ parts: (Step) -> [Step]?) -> [Step] {
        guard let step else { return [] }
        return step.type == "Sequence" ? parts(step) ?? [] : [step]
    }

    private func checkOptions() throws(TokenizationError) {
        let refused: [(String, Bool)] = [
            ("model.type '\(model.type ?? "BPE")'", (model.type ?? "BPE") != "BPE"),
            ("model.continuing_subword_prefix", !(model.continuing_subword_prefix ?? "").isEmpty),
            ("model.end_of_word_suffix", !(model.end_of_word_suffix ?? "").isEmpty),
        ]
        for (name, isAsked) in refused where isAsked { throw Self.unknown(name) }
        for token in added_tokens ?? []
        where token.single_word == true || token.lstrip == true || token.rstrip == true {
            throw TokenizationError(
                .unsupported, "tokenizer.json",
                "added token '\(token.content)' asks for single_word, lstrip or rstrip; "
                    + "expected all three to be false")
        }
    }

    private func byteLevelRules(
        _ normalizers: [Step], _ steps: [Step]
    ) throws(TokenizationError) -> ByteLevelRules {
        for step in normalizers where step.type != "NFC" {
            throw Self.unknown("normalizer '\(step.type)'")
        }
        if model.byte_fallback ?? false { throw Self.unknown("model.byte_fallback") }
        return ByteLevelRules(
            try Self.preTokenizer(steps), takesWholeWords: model.ignore_merges ?? false,
            composesCharacters: !normalizers.isEmpty)
    }

    private static func preTokenizer(_ steps: [Step]) throws(TokenizationError) -> PreTokenizer {
        guard let last = steps.last, last.type == "ByteLevel", last.add_prefix_space == false,
            steps.count <= 2
        else { throw unknownPreTokenizer }
        let usesOwnPattern = last.use_regex ?? true
        guard steps.count == 2, let first = steps.first else {
            if usesOwnPattern { return .gpt2 }
            throw unknownPreTokenizer
        }
        switch first.type {
        case "Digits" where first.individual_digits == true && usesOwnPattern: return .smolLM
        case "Split" where first.behavior == "Isolated" && first.invert != true && !usesOwnPattern:
            let expression = first.pattern?.expression
            let known = PreTokenizer.allCases.first {
                expression != nil && $0.regularExpression == expression
            }
            if let known { return known }
            throw unknownPreTokenizer
        default: throw unknownPreTokenizer
        }
    }

    /// Spaces become `▁` either in a normalizer, which also puts one before every text, or in the
    /// Metaspace pre-tokenizer.
    private func sentencePieceRules(
        _ normalizers: [Step], _ steps: [Step]
    ) throws(TokenizationError) -> SentencePieceRules {
        if model.ignore_merges ?? false { throw Self.unknown("model.ignore_merges") }
        let mark = String(Rules.space)
        guard let step = steps.first else {
            var rest = normalizers[...]
            let isPrefixed = rest.first?.type == "Prepend" && rest.first?.prepend == mark
            if isPrefixed { rest.removeFirst() }
            guard rest.count == 1, let replace = rest.first, replace.type == "Replace",
                replace.pattern?.text == " ", replace.content == mark
            else { throw Self.unknown("the normalizer") }
            return Rules(prefix: isPrefixed ? .afterAdded : .none)
        }
        guard steps.count == 1, normalizers.isEmpty, step.type == "Metaspace",
            step.replacement == mark, step.split == false
        else { throw Self.unknownPreTokenizer }
        let scheme = step.prepend_scheme ?? (step.add_prefix_space ?? true ? "always" : "never")
        switch scheme {
        case "always": return Rules(prefix: .afterAdded, prefixesSpaces: false)
        case "first": return Rules(prefix: .start, prefixesSpaces: false)
        case "never": return Rules(prefix: .none)
        default: throw Self.unknown("prepend_scheme '\(scheme)'")
        }
    }

    private static func unknown(_ name: String) -> TokenizationError {
        TokenizationError(
            .unsupported, "tokenizer.json",
            "\(name) is not known; expected byte-level BPE, or SentencePiece BPE with byte fallback",
            hint: "choose a model of the LLaMA or Qwen2 family")
    }

    private static var unknownPreTokenizer: TokenizationError {
        TokenizationError(
            .unsupported, "tokenizer.json",
            "the pre-tokenizer is not known; expected ByteLevel without prefix space, with GPT-2's, "
                + "SmolLM's, Llama 3's or Qwen2's pattern, or Metaspace without split",
            hint: "choose a model of the LLaMA or Qwen2 family")
    }
}
