import Testing
import Tokenization

@Suite struct TokenizerTests {
    @Test func controlTokensInTextAreOneTokenUnlessToldOtherwise() throws {
        let tokenizer = try Fixture.tokenizer()
        let end = try #require(tokenizer.id(of: "<|im_end|>"))
        #expect(tokenizer.encode("a<|im_end|>").last == end)
        let plain = tokenizer.encode("a<|im_end|>", parsingSpecial: false)
        #expect(!plain.contains(end))
        #expect(tokenizer.decode(plain) == "a<|im_end|>")
    }

    @Test func skippingSpecialLeavesOutControlTokensOnly() throws {
        let tokenizer = try Fixture.tokenizer()
        let ids = tokenizer.encode("<|im_start|>a dog<|im_end|>\n")
        #expect(tokenizer.decode(ids, skippingSpecial: true) == "a dog\n")
    }

    @Test func emptyTextHasNoTokens() throws {
        let tokenizer = try Fixture.tokenizer()
        #expect(tokenizer.encode("").isEmpty)
        #expect(tokenizer.decode([]).isEmpty)
    }

    @Test func theEndOfTurnStopsAnAnswer() throws {
        let tokenizer = try Fixture.tokenizer()
        let stops = tokenizer.endOfTurnIDs.map { tokenizer.decode([$0]) }.sorted()
        #expect(stops == ["<|endoftext|>", "<|im_end|>"])
        #expect(tokenizer.endOfTextID == tokenizer.id(of: "<|im_end|>"))
    }

    @Test func aByteWithoutTokenIsLeftOut() throws {
        let tokenizer = try Fixture.tokenizer()
        #expect(tokenizer.decode(tokenizer.encode("a\u{4}b")) == "ab")
    }

    @Test func anIDOutsideTheVocabularyShowsAsReplacementCharacter() throws {
        let tokenizer = try Fixture.tokenizer()
        #expect(tokenizer.decode([-1, Int32.max]) == "\u{FFFD}\u{FFFD}")
    }

    @Test func aVeryLongWordIsMergedLikeItsParts() throws {
        let tokenizer = try Fixture.tokenizer()
        let text = String(repeating: "the", count: 5_000)
        let ids = tokenizer.encode(text)
        #expect(tokenizer.decode(ids) == text)
        #expect(Set(ids.dropFirst(10).dropLast(10)).count <= 3)
    }

    @Test func mergesAreAppliedByRankThenFromTheLeft() throws {
        let tokenizer = try byteTokenizer(["b c", "a b", "a a"])
        #expect(tokens("abc", tokenizer) == ["a", "bc"])
        #expect(tokens("aaaaa", tokenizer) == ["aa", "aa", "a"])
        #expect(tokens("aab", tokenizer) == ["a", "ab"])
    }

    @Test func theLongestSpecialTokenWins() throws {
        let tokenizer = try byteTokenizer([], special: ["<x>", "<x><y>", "x>"])
        #expect(tokens("<x><y><x>", tokenizer) == ["<x><y>", "<x>"])
    }

    private func tokens(_ text: String, _ tokenizer: Tokenizer) -> [String] {
        tokenizer.encode(text).map { tokenizer.decode([$0]) }
    }

    /// A vocabulary of printable ASCII and what the merges make.
    private func byteTokenizer(_ merges: [String], special: [String] = []) throws -> Tokenizer {
        var tokens = (UInt8(0x21)...0x7E).map { String(Unicode.Scalar($0)) }
        tokens += merges.map { $0.filter { $0 != " " } }
        let types = [Int](repeating: 1, count: tokens.count)
        return try Tokenizer(
            vocabulary: Vocabulary(
                model: "gpt2", pre: "gpt-2", tokens: tokens + special,
                tokenTypes: types + special.map { _ in 3 }, merges: merges))
    }
}
