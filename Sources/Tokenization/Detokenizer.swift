/// Gives the bytes of tokens one after the other.
struct Detokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let skippingSpecial: Bool
    /// Whether nothing was given out yet, so that the space before a text is to be dropped.
    private var isAtStart = true

    init(_ tokenizer: Tokenizer, skippingSpecial: Bool) {
        self.tokenizer = tokenizer
        self.skippingSpecial = skippingSpecial
    }

    /// The bytes that a token adds.
    mutating func bytes(of id: Int32) -> [UInt8] {
        var bytes = tokenizer.bytes(of: id, skippingSpecial: skippingSpecial)
        if isAtStart, let rules = tokenizer.sentencePieceRules, bytes.first == UInt8(ascii: " "),
            rules.prefix != .none || rules.collapsesSpaces, tokenizer.isPiece(id)
        {
            bytes.removeFirst()
            // Where spaces at the ends are dropped, so are those of the tokens that follow.
            isAtStart = rules.collapsesSpaces && bytes.isEmpty
            return bytes
        }
        if !bytes.isEmpty { isAtStart = false }
        return bytes
    }
}
