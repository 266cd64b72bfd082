/// Turns text between special tokens into the pieces of a SentencePiece tokenizer of the BPE kind.
///
/// Characters are the first symbols; neighbours whose merge is a piece are joined, best piece first and
/// leftmost of equals.
/// Source: bpe_model.cc of google/sentencepiece
struct SentencePieceEncoder: Sendable {
    private let rules: SentencePieceRules
    private let merger: BytePairMerger
    /// Symbols of single characters; those from `pieceCount` on are no pieces, but parts of some.
    private let symbolOfCharacter: [Unicode.Scalar: Int32]
    private let pieceCount: Int
    private let pieceOfByte: [Int32]
    private let unknownID: Int32?
    /// Pieces that are found before characters are merged.
    private let whole: SpecialTokenFinder

    /// Builds the tables of a vocabulary whose pieces `ids` lists.
    ///
    /// Throws: when the vocabulary can fall back to bytes and lacks one, or a merge names no token
    init(
        _ vocabulary: Vocabulary, rules: SentencePieceRules, ids: [[UInt8]: Int32]
    ) throws(TokenizationError) {
        self.rules = rules
        pieceCount = vocabulary.tokens.count
        let table = try PieceMerges(vocabulary, ids: ids)
        merger = BytePairMerger(merges: table.merges, tokenOfByte: [])
        symbolOfCharacter = table.symbolOfCharacter
        var pieces = [Int32](repeating: -1, count: 256)
        for byte in UInt8.min...UInt8.max where rules.fallsBackToBytes {
            guard let id = ids[Array(SentencePieceRules.byteToken(byte).utf8)] else {
                throw TokenizationError(
                    .malformed, "tokens",
                    "there is no token '\(SentencePieceRules.byteToken(byte))'; expected one for "
                        + "each of the 256 bytes, which characters without a token are written as",
                    hint: "use the tokenizer as it was published")
            }
            pieces[Int(byte)] = id
        }
        pieceOfByte = pieces
        unknownID = vocabulary.kinds.firstIndex(of: .unknown).map { Int32($0) }
        let late = vocabulary.kinds.enumerated().filter {
            $0.element == .userDefined && rules.prefix == .afterControl
        }
        whole = SpecialTokenFinder(
            late.map { (Array(vocabulary.tokens[$0.offset].utf8), Int32($0.offset)) })
    }

    /// Adds the pieces of a text.
    func append(
        _ text: UnsafeBufferPointer<UInt8>, at place: TextPlace, to ids: inout [Int32]
    ) {
        var written = normalized(text, at: place)
        written.withUTF8 { bytes in
            var start = 0
            while let (range, id) = whole.next(in: bytes, from: start) {
                appendPieces(bytes[start..<range.lowerBound], to: &ids)
                ids.append(id)
                start = range.upperBound
            }
            appendPieces(bytes[start...], to: &ids)
        }
    }

    /// The text with its spaces as pieces write them.
    private func normalized(
        _ text: UnsafeBufferPointer<UInt8>, at place: TextPlace
    ) -> String {
        let mark = SentencePieceRules.space
        var result = String.UnicodeScalarView()
        var isAfterSpace = true
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            let isSpace = scalar == " "
            if isSpace && isAfterSpace && rules.collapsesSpaces { continue }
            result.append(isSpace ? mark : scalar)
            isAfterSpace = isSpace
        }
        while rules.collapsesSpaces && result.last == mark { result.removeLast() }
        let isPrefixed =
            switch rules.prefix {
            case .none: false
            case .start: place == .start
            case .afterControl, .afterAdded: place != .text
            }
        if isPrefixed, let first = result.first, rules.prefixesSpaces || first != mark {
            result.insert(mark, at: result.startIndex)
        }
        return String(result)
    }

    private func appendPieces(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, to ids: inout [Int32]
    ) {
        if text.isEmpty { return }
        let characters = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        let symbols = characters.map { symbolOfCharacter[$0] ?? -1 }
        for (place, symbol) in merger.merged(symbols) {
            if symbol >= 0 && symbol < pieceCount {
                ids.append(symbol)
            } else if rules.fallsBackToBytes {
                ids += String(characters[place]).utf8.map { pieceOfByte[Int($0)] }
            } else if let unknownID, ids.last != unknownID {
                ids.append(unknownID)
            }
        }
    }
}

/// Which symbols merge into which piece, and in which order.
private struct PieceMerges {
    private(set) var merges: [UInt64: UInt64] = [:]
    private(set) var symbolOfCharacter: [Unicode.Scalar: Int32] = [:]
    private let ids: [[UInt8]: Int32]
    private var symbolCount: Int32

    init(_ vocabulary: Vocabulary, ids: [[UInt8]: Int32]) throws(TokenizationError) {
        self.ids = ids
        symbolCount = Int32(vocabulary.tokens.count)
        for (id, token) in vocabulary.tokens.enumerated() where vocabulary.kinds[id] == .normal {
            let scalars = token.unicodeScalars
            if let only = scalars.first, scalars.count == 1 { symbolOfCharacter[only] = Int32(id) }
        }
        if vocabulary.scores.isEmpty {
            merges = try TokenTables.merges(vocabulary.merges, ids: ids)
        } else {
            addMerges(vocabulary)
        }
    }

    /// Every way to make a piece of two symbols, ranked by the piece's score.
    private mutating func addMerges(_ vocabulary: Vocabulary) {
        let ranks = Vocabulary.ranks(vocabulary.scores)
        for (id, token) in vocabulary.tokens.enumerated() where vocabulary.kinds[id] == .normal {
            let scalars = token.unicodeScalars
            for cut in scalars.indices.dropFirst() {
                guard let left = symbol(scalars[..<cut]), let right = symbol(scalars[cut...])
                else { continue }
                merges[BytePairMerger.key(left, right)] =
                    UInt64(ranks[id]) << 32 | UInt64(UInt32(id))
            }
        }
    }

    /// The symbol of a text: a piece, or a character whether it is a piece or not.
    private mutating func symbol(_ scalars: String.UnicodeScalarView.SubSequence) -> Int32? {
        guard let first = scalars.first,
            scalars.index(after: scalars.startIndex) == scalars.endIndex
        else { return ids[Array(String(scalars).utf8)] }
        if let known = symbolOfCharacter[first] { return known }
        defer { symbolCount += 1 }
        symbolOfCharacter[first] = symbolCount
        return symbolCount
    }
}

extension Vocabulary {
    /// The place of each score among all of them, the greatest first; equal scores share one.
    static func ranks(_ scores: [Float]) -> [UInt32] {
        let order = scores.indices.sorted {
            (scores[$1], $0) < (scores[$0], $1)
        }
        var ranks = [UInt32](repeating: 0, count: scores.count)
        for (index, id) in order.enumerated().dropFirst() {
            let before = order[index - 1]
            ranks[id] = ranks[before] + (scores[id] == scores[before] ? 0 : 1)
        }
        return ranks
    }
}
