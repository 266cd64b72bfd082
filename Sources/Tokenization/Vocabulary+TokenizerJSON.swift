public import Foundation

extension Vocabulary {
    /// Reads the vocabulary of a Hugging Face `tokenizer.json`.
    ///
    /// The file says which tokens are special but not which of them begins or ends a text; the
    /// model's `config.json` holds these ids.
    ///
    /// Throws: when the file is not such JSON, contradicts itself, or asks for a normalizer,
    /// pre-tokenizer or merging rule other than byte-level BPE's.
    public init(
        tokenizerJSON data: Data, beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        let file = try TokenizerFile.decoded(data)
        try file.checkOptions()
        let (tokens, kinds) = try file.tokensInOrder()
        try self.init(
            tokens: tokens, kinds: kinds, merges: try file.model.merges.parsed(),
            preTokenizer: try file.preTokenizerKind(),
            beginningOfTextID: beginningOfTextID, endOfTextID: endOfTextID)
    }
}

/// The part of `tokenizer.json` that is read.
private struct TokenizerFile: Decodable {
    struct Model: Decodable {
        let type: String?
        let vocab: [String: Int32]
        let merges: MergeList
        let ignore_merges: Bool?
        let byte_fallback: Bool?
        let continuing_subword_prefix: String?
        let end_of_word_suffix: String?
    }

    struct AddedToken: Decodable {
        let id: Int32
        let content: String
        let special: Bool
        let single_word: Bool?
        let lstrip: Bool?
        let rstrip: Bool?
    }

    struct Step: Decodable {
        let type: String
        let individual_digits: Bool?
        let add_prefix_space: Bool?
        let use_regex: Bool?
        let pretokenizers: [Step]?
    }

    let model: Model
    let added_tokens: [AddedToken]?
    let normalizer: Step?
    let pre_tokenizer: Step?

    static func decoded(_ data: Data) throws(TokenizationError) -> TokenizerFile {
        do {
            return try JSONDecoder().decode(TokenizerFile.self, from: data)
        } catch let error as DecodingError {
            throw TokenizationError(
                .malformed, "tokenizer.json", Self.describe(error),
                hint: "expected a Hugging Face tokenizer with a BPE model")
        } catch {
            throw TokenizationError(.malformed, "tokenizer.json", "\(error)")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty
                ? "the top level" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context):
            "'\(key.stringValue)' is missing in \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(place(context)) has another type than expected"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "not JSON"
        case .dataCorrupted(let context): "\(place(context)) cannot be read"
        @unknown default: "cannot be read"
        }
    }

    func checkOptions() throws(TokenizationError) {
        let refused: [(String, Bool)] = [
            ("model.type '\(model.type ?? "BPE")'", (model.type ?? "BPE") != "BPE"),
            ("model.ignore_merges", model.ignore_merges ?? false),
            ("model.byte_fallback", model.byte_fallback ?? false),
            ("model.continuing_subword_prefix", !(model.continuing_subword_prefix ?? "").isEmpty),
            ("model.end_of_word_suffix", !(model.end_of_word_suffix ?? "").isEmpty),
            ("normalizer '\(normalizer?.type ?? "")'", normalizer != nil),
        ]
        for (name, isAsked) in refused where isAsked {
            throw TokenizationError(
                .unsupported, "tokenizer.json",
                "\(name) is not known; expected plain byte-level BPE",
                hint: "choose a model whose tokenizer is byte-level BPE")
        }
        for token in added_tokens ?? []
        where token.single_word == true || token.lstrip == true || token.rstrip == true {
            throw TokenizationError(
                .unsupported, "tokenizer.json",
                "added token '\(token.content)' asks for single_word, lstrip or rstrip; "
                    + "expected all three to be false")
        }
    }

    func preTokenizerKind() throws(TokenizationError) -> PreTokenizer {
        var steps =
            pre_tokenizer.map { $0.type == "Sequence" ? $0.pretokenizers ?? [] : [$0] } ?? []
        var isolatesDigits = false
        if let first = steps.first, first.type == "Digits", first.individual_digits == true {
            isolatesDigits = true
            steps.removeFirst()
        }
        guard steps.count == 1, steps[0].type == "ByteLevel", steps[0].add_prefix_space == false,
            steps[0].use_regex ?? true
        else {
            throw TokenizationError(
                .unsupported, "tokenizer.json",
                "the pre-tokenizer is not known; expected ByteLevel with its own pattern and no "
                    + "prefix space, with or without individual Digits before it")
        }
        return isolatesDigits ? .smolLM : .gpt2
    }

    /// The tokens by id; every id from 0 must be there exactly once.
    func tokensInOrder() throws(TokenizationError) -> ([String], [Vocabulary.TokenKind]) {
        var entries: [(id: Int32, token: String, kind: Vocabulary.TokenKind)] = []
        let added = Dictionary(
            (added_tokens ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (token, id) in model.vocab where added[id] == nil {
            entries.append((id, token, .normal))
        }
        for token in added.values {
            entries.append((token.id, token.content, token.special ? .control : .userDefined))
        }
        entries.sort { $0.id < $1.id }
        for (place, entry) in entries.enumerated() where Int(entry.id) != place {
            throw TokenizationError(
                .malformed, "tokenizer.json",
                "token id \(place) is missing or taken twice; expected the ids 0 to "
                    + "\(entries.count - 1), each once")
        }
        return (entries.map(\.token), entries.map(\.kind))
    }
}

/// Merges as `"a b"` (older files) or as `["a", "b"]`.
private enum MergeList: Decodable {
    case joined([String])
    case pairs([[String]])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = .joined(try container.decode([String].self))
        } catch DecodingError.typeMismatch {
            self = .pairs(try container.decode([[String]].self))
        }
    }

    func parsed() throws(TokenizationError) -> [Vocabulary.Merge] {
        switch self {
        case .joined(let texts): return try Vocabulary.parsed(texts)
        case .pairs(let pairs):
            var merges: [Vocabulary.Merge] = []
            for (index, pair) in pairs.enumerated() {
                guard pair.count == 2 else {
                    throw TokenizationError(
                        .malformed, "merge \(index)",
                        "\(pair.count) tokens; expected a pair")
                }
                merges.append(Vocabulary.Merge(pair[0], pair[1]))
            }
            return merges
        }
    }
}
