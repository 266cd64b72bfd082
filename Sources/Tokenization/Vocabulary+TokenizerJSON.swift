public import Foundation

extension Vocabulary {
    /// Reads the vocabulary of a Hugging Face `tokenizer.json`.
    ///
    /// The file says which tokens are special but not which of them begins or ends a text; the
    /// model's `config.json` holds these ids.
    ///
    /// Throws: when the file is not such JSON, contradicts itself, or asks for a normalizer,
    /// pre-tokenizer or merging rule other than those of byte-level or SentencePiece BPE
    public init(
        tokenizerJSON data: Data, beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        let file = try TokenizerFile.decoded(data)
        let scheme = try file.scheme()
        let (tokens, kinds) = try file.tokensInOrder(scheme)
        try self.init(
            tokens: tokens, kinds: kinds, merges: try file.model.merges.parsed(), scheme: scheme,
            beginningOfTextID: beginningOfTextID, endOfTextID: endOfTextID)
    }
}

/// The part of `tokenizer.json` that is read.
struct TokenizerFile: Decodable {
    struct Model: Decodable {
        let type: String?
        let vocab: [String: Int32]
        let merges: MergeList
        let ignore_merges: Bool?
        let byte_fallback: Bool?
        let unk_token: String?
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
        struct Pattern: Decodable {
            let text: String?
            let expression: String?

            private enum CodingKeys: String, CodingKey {
                case text = "String"
                case expression = "Regex"
            }
        }

        let type: String
        let individual_digits: Bool?
        let add_prefix_space: Bool?
        let use_regex: Bool?
        let pretokenizers: [Step]?
        let normalizers: [Step]?
        let prepend: String?
        let pattern: Pattern?
        let content: String?
        let behavior: String?
        let invert: Bool?
        let replacement: String?
        let prepend_scheme: String?
        let split: Bool?
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

    /// The tokens by id; every id from 0 must be there exactly once.
    func tokensInOrder(
        _ scheme: Vocabulary.Scheme
    ) throws(TokenizationError) -> ([String], [Vocabulary.TokenKind]) {
        var entries: [(id: Int32, token: String, kind: Vocabulary.TokenKind)] = []
        let added = Dictionary(
            (added_tokens ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var hasBytes = false
        if case .sentencePiece = scheme { hasBytes = true }
        for (token, id) in model.vocab where added[id] == nil {
            let isByte = hasBytes && SentencePieceRules.byte(token) != nil
            entries.append((id, token, isByte ? .byte : .normal))
        }
        for token in added.values {
            let isUnknown = hasBytes && token.content == model.unk_token
            entries.append(
                (
                    token.id, token.content,
                    isUnknown ? .unknown : token.special ? .control : .userDefined
                ))
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
enum MergeList: Decodable {
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
