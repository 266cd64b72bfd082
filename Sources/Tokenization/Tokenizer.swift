/// What stands before a text that is turned into tokens.
public enum TextPlace: Sendable {
    /// Nothing: it begins here.
    case start
    /// A special token, or a medium.
    case special
    /// Other text that it goes on from.
    case text
}

/// Turns text into token ids and back, by byte-pair encoding of bytes or of SentencePiece's characters.
///
/// Special tokens are found first; what is between them is merged. Nothing is added at either end, but
/// for the space that SentencePiece puts before a text.
/// Source: Sennrich et al. 2016 (arXiv:1508.07909); Radford et al. 2019 (GPT-2), section 2.2; Kudo &
/// Richardson 2018 (arXiv:1808.06226)
public struct Tokenizer: Sendable {
    /// The number of tokens.
    public let vocabularyCount: Int
    /// The token a text begins with, where the model has one.
    public let beginningOfTextID: Int32?
    /// The token that ends a text or a turn, where the model has one.
    public let endOfTextID: Int32?
    /// The rules of a SentencePiece tokenizer, nil for one of bytes.
    let sentencePieceRules: SentencePieceRules?

    private enum Encoder {
        case byteLevel(ByteLevelEncoder)
        case sentencePiece(SentencePieceEncoder)
    }

    private let bytesOfToken: [[UInt8]]
    private let kinds: [Vocabulary.TokenKind]
    private let tokenIDs: [[UInt8]: Int32]
    private let encoder: Encoder
    private let everySpecial: SpecialTokenFinder
    private let userDefined: SpecialTokenFinder

    /// Builds the tables of a vocabulary.
    ///
    /// Throws: when a token occurs twice, a merge names a token that does not exist, a byte-level token
    /// is not written in the byte alphabet, or a byte has no token to fall back to
    public init(vocabulary: Vocabulary) throws(TokenizationError) {
        let tables = try TokenTables(vocabulary)
        vocabularyCount = vocabulary.tokens.count
        beginningOfTextID = vocabulary.beginningOfTextID
        endOfTextID = vocabulary.endOfTextID
        bytesOfToken = tables.bytesOfToken
        kinds = vocabulary.kinds
        tokenIDs = tables.ids
        var isFoundLater = false
        switch vocabulary.scheme {
        case .byteLevel(let rules):
            sentencePieceRules = nil
            encoder = .byteLevel(
                ByteLevelEncoder(rules, tables: tables, kinds: vocabulary.kinds))
        case .sentencePiece(let rules):
            sentencePieceRules = rules
            isFoundLater = rules.prefix == .afterControl
            encoder = .sentencePiece(
                try SentencePieceEncoder(vocabulary, rules: rules, ids: tables.ids))
        }
        let control = vocabulary.kinds.enumerated()
            .filter { $0.element == .control || $0.element == .unknown }
            .map { (Array(vocabulary.tokens[$0.offset].utf8), Int32($0.offset)) }
        let plain = vocabulary.kinds.enumerated()
            .filter { $0.element == .userDefined && !isFoundLater }
            .map { (tables.bytesOfToken[$0.offset], Int32($0.offset)) }
        everySpecial = SpecialTokenFinder(control + plain)
        userDefined = SpecialTokenFinder(plain)
    }

    /// The token ids of a text, or of a part of one; `place` says what stands before it.
    ///
    /// Control tokens, and the unknown token, written in the text become their ids unless `parsingSpecial` is false. A byte
    /// the vocabulary has no token for, such as a rare control character, is left out.
    public func encode(
        _ text: String, parsingSpecial: Bool = true, at place: TextPlace = .start
    ) -> [Int32] {
        var text = text
        return text.withUTF8 { bytes in
            var ids: [Int32] = []
            var remembered: [[UInt8]: [Int32]] = [:]
            let finder = parsingSpecial ? everySpecial : userDefined
            var (start, place) = (0, place)
            func append(_ range: Range<Int>) {
                if range.isEmpty { return }
                let part = UnsafeBufferPointer(rebasing: bytes[range])
                switch encoder {
                case .byteLevel(let encoder):
                    encoder.append(part, remembered: &remembered, to: &ids)
                case .sentencePiece(let encoder):
                    encoder.append(part, at: place, to: &ids)
                }
            }
            while let (range, id) = finder.next(in: bytes, from: start) {
                append(start..<range.lowerBound)
                ids.append(id)
                (start, place) = (range.upperBound, .special)
            }
            append(start..<bytes.count)
            return ids
        }
    }

    /// The text of token ids; bytes that are no UTF-8 and ids outside the vocabulary show as
    /// U+FFFD. The space that SentencePiece puts before a text is dropped.
    public func decode(_ ids: [Int32], skippingSpecial: Bool = false) -> String {
        var bytes: [UInt8] = []
        var tokens = Detokenizer(self, skippingSpecial: skippingSpecial)
        for id in ids { bytes += tokens.bytes(of: id) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What stands before a text that follows a token.
    public func place(after id: Int32?) -> TextPlace {
        guard let id else { return .start }
        guard kinds.indices.contains(Int(id)) else { return .special }
        switch kinds[Int(id)] {
        case .normal, .byte: return .text
        case .userDefined: return sentencePieceRules?.prefix == .afterControl ? .text : .special
        case .control, .unknown, .unused: return .special
        }
    }

    /// The id of a token as the vocabulary writes it, or nil when there is none.
    public func id(of token: String) -> Int32? { tokenIDs[Array(token.utf8)] }

    /// Whether a token steers the model and is no text.
    public func isControl(_ id: Int32) -> Bool {
        kinds.indices.contains(Int(id)) && kinds[Int(id)] == .control
    }

    /// The tokens after which an answer is complete: the end of text, and the control tokens that
    /// end a turn or a document in the templates known here.
    public var endOfTurnIDs: Set<Int32> {
        let named = ChatTemplate.endings.compactMap { id(of: $0) }
        return Set(named.filter(isControl) + [endOfTextID].compactMap { $0 })
    }

    /// The bytes a token stands for.
    func bytes(of id: Int32, skippingSpecial: Bool) -> [UInt8] {
        guard kinds.indices.contains(Int(id)) else { return Array("\u{FFFD}".utf8) }
        return skippingSpecial && kinds[Int(id)] == .control ? [] : bytesOfToken[Int(id)]
    }

    /// Whether a token is written with its spaces as SentencePiece writes them.
    func isPiece(_ id: Int32) -> Bool {
        guard kinds.indices.contains(Int(id)) else { return false }
        return [.normal, .userDefined, .unused].contains(kinds[Int(id)])
    }
}
