/// The tokens and merges of a tokenizer, as a model file holds them.
public struct Vocabulary: Sendable, Equatable {
    /// What a token is for, numbered as `tokenizer.ggml.token_type` does.
    public enum TokenKind: Int32, Sendable {
        /// A piece of text, written as the scheme says.
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

    /// How text becomes tokens.
    public enum Scheme: Sendable, Equatable {
        /// Bytes of words are merged; tokens are written in the byte alphabet.
        case byteLevel(ByteLevelRules)
        /// Characters are merged; tokens are written with `▁` for a space.
        case sentencePiece(SentencePieceRules)
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
    /// The merges, first the one applied first; none where scores decide.
    public let merges: [Merge]
    /// How good each token is to be merged into, as SentencePiece keeps it; none where merges decide.
    public let scores: [Float]
    /// How text becomes tokens.
    public let scheme: Scheme
    /// The token a text begins with, where the model has one.
    public private(set) var beginningOfTextID: Int32?
    /// The token that ends a text or a turn, where the model has one.
    public private(set) var endOfTextID: Int32?

    /// Makes a vocabulary from its parts.
    ///
    /// Throws: when the counts disagree or an id lies outside the vocabulary.
    public init(
        tokens: [String], kinds: [TokenKind], merges: [Merge], scores: [Float] = [],
        scheme: Scheme, beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        guard !tokens.isEmpty, tokens.count <= Int(Int32.max), merges.count <= Int(Int32.max) else {
            throw TokenizationError(
                .malformed, "tokens", "\(tokens.count) tokens; expected at least one")
        }
        guard scores.isEmpty || scores.count == tokens.count else {
            throw TokenizationError(
                .malformed, "scores",
                "\(scores.count) scores for \(tokens.count) tokens; expected one score a token")
        }
        guard kinds.count == tokens.count else {
            throw TokenizationError(
                .malformed, "token types",
                "\(kinds.count) types for \(tokens.count) tokens; expected one type a token")
        }
        try Self.checkMerges(scheme, merges, scores, tokens, kinds)
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
        self.scores = scores
        self.scheme = scheme
        self.beginningOfTextID = beginningOfTextID.map(Int32.init)
        self.endOfTextID = endOfTextID.map(Int32.init)
    }
}

extension Vocabulary {
    /// The token that a text begins with, as it is written; empty for none.
    public var beginningOfText: String { beginningOfTextID.map { tokens[Int($0)] } ?? "" }

    /// The token that ends a text or a turn, as it is written: the one the files name, or else the first
    /// that is known by its name; empty for none.
    public var endOfText: String {
        (endOfTextID.map { Int($0) } ?? endIDs.first).map { tokens[$0] } ?? ""
    }

    /// The vocabulary with other tokens at the ends of a text; nil leaves what is known.
    ///
    /// Throws: when there is no such token
    public func with(
        beginning: String?, end: String?
    ) throws(TokenizationError) -> Vocabulary {
        var copy = self
        func id(_ token: String, _ name: String) throws(TokenizationError) -> Int32 {
            guard let id = tokens.firstIndex(of: token) else {
                throw TokenizationError(
                    .malformed, "tokenizer_config.json",
                    "\(name) '\(token)' is no token; expected one of the \(tokens.count) tokens",
                    hint: "use the tokenizer's files as they were published")
            }
            return Int32(id)
        }
        if let beginning { copy.beginningOfTextID = try id(beginning, "bos_token") }
        if let end { copy.endOfTextID = try id(end, "eos_token") }
        return copy
    }
}

extension Vocabulary {
    /// Makes a vocabulary from its parts, of the bytes of words.
    ///
    /// Throws: when the counts disagree or an id lies outside the vocabulary.
    public init(
        tokens: [String], kinds: [TokenKind], merges: [Merge], preTokenizer: PreTokenizer,
        beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        try self.init(
            tokens: tokens, kinds: kinds, merges: merges,
            scheme: .byteLevel(ByteLevelRules(preTokenizer)),
            beginningOfTextID: beginningOfTextID, endOfTextID: endOfTextID)
    }

    /// Makes a vocabulary from the arrays under `tokenizer.ggml` of a GGUF file.
    ///
    /// `model` is `tokenizer.ggml.model`: with `gpt2`, bytes are merged as `merges` say, each two tokens
    /// with a space between them, in words that `pre`, `tokenizer.ggml.pre`, tells; with `llama`,
    /// characters are merged as `scores` say.
    ///
    /// Source: llama.cpp's llm_tokenizer_bpe and llm_tokenizer_spm
    /// Throws: when the file's tokenizer is of another kind, or when the arrays contradict each
    /// other.
    public init(
        model: String, pre: String = "", tokens: [String], tokenTypes: [Int],
        merges: [String] = [], scores: [Double] = [], addsSpacePrefix: Bool = true,
        beginningOfTextID: Int? = nil, endOfTextID: Int? = nil
    ) throws(TokenizationError) {
        let kinds = try Self.kinds(tokenTypes)
        switch model {
        case "gpt2":
            try self.init(
                tokens: tokens, kinds: kinds, merges: try Self.parsed(merges),
                preTokenizer: try PreTokenizer(ggufName: pre),
                beginningOfTextID: beginningOfTextID, endOfTextID: endOfTextID)
        case "llama":
            try self.init(
                tokens: tokens, kinds: kinds, merges: [], scores: scores.map { Float($0) },
                scheme: .sentencePiece(
                    SentencePieceRules(prefix: addsSpacePrefix ? .afterAdded : .none)),
                beginningOfTextID: beginningOfTextID, endOfTextID: endOfTextID)
        default:
            throw TokenizationError(
                .unsupported, "tokenizer.ggml.model",
                "'\(model)' is no tokenizer that is known here; expected 'gpt2' (byte-level BPE) or "
                    + "'llama' (SentencePiece BPE)",
                hint: "choose a model with one of these")
        }
    }

    private static func kinds(_ types: [Int]) throws(TokenizationError) -> [TokenKind] {
        var kinds: [TokenKind] = []
        for (id, type) in types.enumerated() {
            guard let number = Int32(exactly: type), let kind = TokenKind(rawValue: number) else {
                throw TokenizationError(
                    .malformed, "tokenizer.ggml.token_type",
                    "type \(type) of token \(id) is not known; expected 1 to 6")
            }
            kinds.append(kind)
        }
        return kinds
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

    /// Refuses tokens of several characters that nothing would ever make.
    private static func checkMerges(
        _ scheme: Scheme, _ merges: [Merge], _ scores: [Float], _ tokens: [String],
        _ kinds: [TokenKind]
    ) throws(TokenizationError) {
        guard merges.isEmpty && scores.isEmpty,
            let id = tokens.indices.first(where: {
                kinds[$0] == .normal && tokens[$0].unicodeScalars.count > 1
            })
        else { return }
        let expected =
            switch scheme {
            case .byteLevel: "merges"
            case .sentencePiece: "merges or scores"
            }
        throw TokenizationError(
            .malformed, "tokenizer",
            "there are no \(expected), so that nothing makes '\(tokens[id])' (token \(id)) of "
                + "characters; expected them beside the tokens",
            hint: "use the tokenizer's files as they were published")
    }
}
