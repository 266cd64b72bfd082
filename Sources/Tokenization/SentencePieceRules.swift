/// How a SentencePiece tokenizer of the BPE kind treats text.
///
/// Spaces are written `▁` (U+2581), there are no words, and characters without a piece are written as
/// bytes.
/// Source: Kudo & Richardson 2018 (arXiv:1808.06226) and the project's own implementation
public struct SentencePieceRules: Sendable, Equatable {
    /// Where a space is put before text, so that a word is the same at the beginning and elsewhere.
    public enum Prefix: Sendable, Equatable {
        /// Nowhere.
        case none
        /// Before a whole text only.
        case start
        /// Before a whole text, and after each control token.
        case afterControl
        /// Before a whole text, and after each token that is recognised whole.
        case afterAdded
    }

    /// Where a space is put before text.
    public var prefix: Prefix
    /// Whether a text that begins with a space gets another one.
    public var prefixesSpaces: Bool
    /// Whether spaces at both ends are dropped and runs of them are one.
    public var collapsesSpaces: Bool
    /// Whether a character without a piece is written as its bytes; otherwise it is unknown.
    public var fallsBackToBytes: Bool

    /// LLaMA's rules, unless others are given.
    public init(
        prefix: Prefix = .afterControl, prefixesSpaces: Bool = true, collapsesSpaces: Bool = false,
        fallsBackToBytes: Bool = true
    ) {
        self.prefix = prefix
        self.prefixesSpaces = prefixesSpaces
        self.collapsesSpaces = collapsesSpaces
        self.fallsBackToBytes = fallsBackToBytes
    }

    /// What stands for a space in pieces.
    static let space: Unicode.Scalar = "\u{2581}"

    /// How a byte is called among the pieces.
    static func byteToken(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
    }

    /// The byte that a piece stands for, or nil when it is called otherwise.
    static func byte(_ token: String) -> UInt8? {
        guard token.utf8.count == 6, token.hasPrefix("<0x"), token.hasSuffix(">"),
            let byte = UInt8(token.dropFirst(3).dropLast(), radix: 16),
            byteToken(byte) == token
        else { return nil }
        return byte
    }

    /// The bytes that a piece stands for in text.
    static func bytes(_ token: String, _ kind: Vocabulary.TokenKind) -> [UInt8] {
        switch kind {
        case .byte: byte(token).map { [$0] } ?? Array(token.utf8)
        case .control: Array(token.utf8)
        // What SentencePiece writes for text that has no piece.
        case .unknown: Array(" \u{2047} ".utf8)
        case .normal, .userDefined, .unused: Array(spaced(token).utf8)
        }
    }

    /// A piece with its spaces as such.
    static func spaced(_ token: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in token.unicodeScalars { result.append(scalar == space ? " " : scalar) }
        return String(result)
    }
}
