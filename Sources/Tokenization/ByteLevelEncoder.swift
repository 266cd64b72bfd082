import Foundation

/// Turns text between special tokens into the tokens of a byte-level tokenizer: words are cut, and the
/// bytes of each are merged by rank.
struct ByteLevelEncoder: Sendable {
    private let rules: ByteLevelRules
    private let merger: BytePairMerger
    /// The tokens that are words as they stand; empty where merges alone decide.
    private let words: [[UInt8]: Int32]

    /// Words longer than this are merged anew each time instead of being remembered.
    private static let longestRememberedWord = 64

    init(_ rules: ByteLevelRules, tables: TokenTables, kinds: [Vocabulary.TokenKind]) {
        self.rules = rules
        merger = BytePairMerger(merges: tables.merges, tokenOfByte: tables.tokenOfByte)
        var words: [[UInt8]: Int32] = [:]
        for (id, bytes) in tables.bytesOfToken.enumerated()
        where rules.takesWholeWords && kinds[id] == .normal {
            words[bytes] = Int32(id)
        }
        self.words = words
    }

    /// Adds the tokens of a text; `remembered` holds words met so far.
    func append(
        _ text: UnsafeBufferPointer<UInt8>, remembered: inout [[UInt8]: [Int32]],
        to ids: inout [Int32]
    ) {
        guard rules.composesCharacters, text.contains(where: { $0 >= 0x80 }) else {
            return appendWords(of: text, remembered: &remembered, to: &ids)
        }
        var composed = String(decoding: text, as: UTF8.self).precomposedStringWithCanonicalMapping
        composed.withUTF8 { appendWords(of: $0, remembered: &remembered, to: &ids) }
    }

    private func appendWords(
        of text: UnsafeBufferPointer<UInt8>, remembered: inout [[UInt8]: [Int32]],
        to ids: inout [Int32]
    ) {
        let scanner = WordScanner(text: text, preTokenizer: rules.preTokenizer)
        var start = 0
        while start < text.count {
            let end = scanner.endOfWord(from: start)
            let word = Array(text[start..<end])
            start = end
            if let known = remembered[word] {
                ids += known
                continue
            }
            let tokens = words[word].map { [$0] } ?? merger.tokens(word)
            if word.count <= Self.longestRememberedWord { remembered[word] = tokens }
            ids += tokens
        }
    }
}
