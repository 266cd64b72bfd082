/// Turns text into token ids and back, by byte-level byte-pair encoding.
///
/// Special tokens are found first, the rest is cut into words, and the bytes of each word are
/// merged by rank. Nothing is added at either end.
/// Source: Sennrich et al. 2016 (arXiv:1508.07909); Radford et al. 2019 (GPT-2), section 2.2.
public struct Tokenizer: Sendable {
    /// The number of tokens.
    public let vocabularyCount: Int
    /// The token a text begins with, where the model has one.
    public let beginningOfTextID: Int32?
    /// The token that ends a text or a turn, where the model has one.
    public let endOfTextID: Int32?

    private let bytesOfToken: [[UInt8]]
    private let kinds: [Vocabulary.TokenKind]
    private let tokenIDs: [[UInt8]: Int32]
    private let preTokenizer: PreTokenizer
    private let merger: BytePairMerger
    private let everySpecial: SpecialTokenFinder
    private let userDefined: SpecialTokenFinder

    /// Words longer than this are merged anew each time instead of being remembered.
    private static let longestRememberedWord = 64

    /// Builds the tables of a vocabulary.
    ///
    /// Throws: when a token occurs twice or is not written in the byte alphabet, and when a merge
    /// names a token that does not exist.
    public init(vocabulary: Vocabulary) throws(TokenizationError) {
        let tables = try TokenTables(vocabulary)
        vocabularyCount = vocabulary.tokens.count
        beginningOfTextID = vocabulary.beginningOfTextID
        endOfTextID = vocabulary.endOfTextID
        bytesOfToken = tables.bytesOfToken
        kinds = vocabulary.kinds
        tokenIDs = tables.ids
        preTokenizer = vocabulary.preTokenizer
        merger = BytePairMerger(merges: tables.merges, tokenOfByte: tables.tokenOfByte)
        let special = vocabulary.kinds.enumerated().filter { $0.element.isRecognisedWhole }
        everySpecial = SpecialTokenFinder(
            special.map { (tables.bytesOfToken[$0.offset], Int32($0.offset)) })
        userDefined = SpecialTokenFinder(
            special.filter { $0.element == .userDefined }
                .map { (tables.bytesOfToken[$0.offset], Int32($0.offset)) })
    }

    /// The token ids of a text.
    ///
    /// Control tokens written in the text become their ids unless `parsingSpecial` is false. A byte
    /// the vocabulary has no token for, such as a rare control character, is left out.
    public func encode(_ text: String, parsingSpecial: Bool = true) -> [Int32] {
        var text = text
        return text.withUTF8 { bytes in
            var encoding = Encoding(text: bytes)
            let finder = parsingSpecial ? everySpecial : userDefined
            var start = 0
            while let (range, id) = finder.next(in: bytes, from: start) {
                append(start..<range.lowerBound, to: &encoding)
                encoding.ids.append(id)
                start = range.upperBound
            }
            append(start..<bytes.count, to: &encoding)
            return encoding.ids
        }
    }

    /// The text of token ids; bytes that are no UTF-8 and ids outside the vocabulary show as
    /// U+FFFD.
    public func decode(_ ids: [Int32], skippingSpecial: Bool = false) -> String {
        var bytes: [UInt8] = []
        for id in ids { bytes += self.bytes(of: id, skippingSpecial: skippingSpecial) }
        return String(decoding: bytes, as: UTF8.self)
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
        let named = [ChatTemplate.endOfTurn, ChatTemplate.endOfDocument].compactMap { id(of: $0) }
        return Set(named.filter(isControl) + [endOfTextID].compactMap { $0 })
    }

    /// The bytes a token stands for.
    func bytes(of id: Int32, skippingSpecial: Bool) -> [UInt8] {
        guard kinds.indices.contains(Int(id)) else { return Array("\u{FFFD}".utf8) }
        return skippingSpecial && kinds[Int(id)] == .control ? [] : bytesOfToken[Int(id)]
    }

    private func append(_ range: Range<Int>, to encoding: inout Encoding) {
        let scanner = WordScanner(
            text: UnsafeBufferPointer(rebasing: encoding.text[range]),
            isolatesDigits: preTokenizer.isolatesDigits)
        var start = 0
        while start < range.count {
            let end = scanner.endOfWord(from: start)
            let word = scanner.text[start..<end]
            start = end
            if word.count > Self.longestRememberedWord {
                encoding.ids += merger.tokens(word)
                continue
            }
            let key = Array(word)
            if let known = encoding.remembered[key] {
                encoding.ids += known
            } else {
                let ids = merger.tokens(key)
                encoding.remembered[key] = ids
                encoding.ids += ids
            }
        }
    }
}

/// A text on its way to token ids, with the words met so far.
private struct Encoding {
    let text: UnsafeBufferPointer<UInt8>
    var ids: [Int32] = []
    var remembered: [[UInt8]: [Int32]] = [:]

    init(text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }
}

extension Vocabulary.TokenKind {
    /// Whether the token is looked for in text before words are cut.
    var isRecognisedWhole: Bool { self == .control || self == .userDefined }
}
