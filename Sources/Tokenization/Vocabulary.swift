/// The tokens and merges of a byte-level tokenizer, as a model file holds them.
public struct Vocabulary: Sendable, Equatable {
    /// What a token is for, numbered as `tokenizer.ggml.token_type` does.
    public enum TokenKind: Int32, Sendable {
        /// A piece of text written in the byte alphabet.
        case normal = 1
        /// Stands for text that has no token.
        case unknown = 2
        /// Steers the model, such as the end of a turn; recognised whole in text.
        case control = 3
        /// Plain text that was added to the vocabulary; recognised whole in text.
        case userDefined = 4
        /// Reserved.
        case unused = 5
        /// A single byte.
        case byte = 6
    }

    /// Two neighbouring tokens that become one.
    public struct Merge: Sendable, Equatable {
        /// The first token.
        public let left: String
        /// The token after it.
        public let right: String

        /// Makes a merge of two tokens.
        public init(_ left: String, _ right: String) {
            self.left = left
            self.right = right
        }
    }

    /// The tokens; a token's place is its id.
    public let tokens: [String]
    /// What each token is for.
    public let kinds: [TokenKind]
    /// The merges, first the one applied first.
    public let merges: [Merge]
    /// How text is cut into words.
    public let preTokenizer: PreTokenizer
    /// The token a text begins with, where the model has one.
    public let beginningOfTextID: Int32?
    /// The token that ends a text or a turn, where the model has one.
    public let endOfTextID: Int32?

    /// Makes a vocabulary from its parts.
    ///
    /// Throws: when the counts disagree or an id lies outside the vocabulary.
    public init(
        tokens: [String], kinds: [TokenKind], merges: [Merge], preTokenizer: PreTokenizer,
        beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        guard !tokens.isEmpty, tokens.count <= Int(Int32.max), merges.count <= Int(Int32.max) else {
            throw TokenizationError(
                .malformed, "tokens", "\(tokens.count) tokens; expected at least one")
        }
        guard kinds.count == tokens.count else {
            throw TokenizationError(
                .malformed, "token types",
                "\(kinds.count) types for \(tokens.count) tokens; expected one type a token")
        }
        for (name, id) in [("beginning", beginningOfTextID), ("end", endOfTextID)] {
            guard let id else { continue }
            guard tokens.indices.contains(id) else {
                throw TokenizationError(
                    .malformed, "\(name) of text",
                    "token \(id) does not exist; expected 0 to \(tokens.count - 1)")
            }
        }
        self.tokens = tokens
        self.kinds = kinds
        self.merges = merges
        self.preTokenizer = preTokenizer
        self.beginningOfTextID = beginningOfTextID.map(Int32.init)
        self.endOfTextID = endOfTextID.map(Int32.init)
    }
}

extension Vocabulary {
    /// Makes a vocabulary from the arrays under `tokenizer.ggml` of a GGUF file.
    ///
    /// `model` is `tokenizer.ggml.model`, `pre` is `tokenizer.ggml.pre`; a merge is two tokens with
    /// a space between them.
    ///
    /// Throws: when the file's tokenizer is of another kind, or when the arrays contradict each
    /// other.
    public init(
        model: String, pre: String, tokens: [String], tokenTypes: [Int], merges: [String],
        beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        guard model == "gpt2" else {
            throw TokenizationError(
                .unsupported, "tokenizer.ggml.model",
                "'\(model)' is not a byte-level tokenizer; expected 'gpt2'",
                hint: "choose a model whose tokenizer is byte-level BPE")
        }
        var kinds: [TokenKind] = []
        for (id, type) in tokenTypes.enumerated() {
            guard let number = Int32(exactly: type), let kind = TokenKind(rawValue: number) else {
                throw TokenizationError(
                    .malformed, "tokenizer.ggml.token_type",
                    "type \(type) of token \(id) is not known; expected 1 to 6")
            }
            kinds.append(kind)
        }
        try self.init(
            tokens: tokens, kinds: kinds, merges: try Self.parsed(merges),
            preTokenizer: try PreTokenizer(ggufName: pre),
            beginningOfTextID: beginningOfTextID, endOfTextID: endOfTextID)
    }

    /// Splits each merge at its first space after its first byte.
    static func parsed(_ merges: [String]) throws(TokenizationError) -> [Merge] {
        var result: [Merge] = []
        result.reserveCapacity(merges.count)
        for (index, text) in merges.enumerated() {
            let bytes = text.utf8
            guard let space = bytes.dropFirst().firstIndex(of: UInt8(ascii: " ")),
                bytes.index(after: space) < bytes.endIndex
            else {
                throw TokenizationError(
                    .malformed, "merge \(index)",
                    "'\(text)' is not a pair; expected two tokens with a space between them")
            }
            result.append(
                Merge(String(text[..<space]), String(text[bytes.index(after: space)...])))
        }
        return result
    }
}
