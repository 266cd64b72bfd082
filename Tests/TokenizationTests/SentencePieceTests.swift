import Foundation
import TestKit
import Testing
import Tokenization

/// A SentencePiece model of LLaMA's kind with 700 pieces, in every spelling that files have for it.
@Suite struct SentencePieceTests {
    private struct Forms: Decodable {
        struct Form: Decodable {
            let cases: [Fixture.Case]
        }

        let forms: [String: Form]
    }

    private static let formNames = [
        "prepend", "metaspace_first", "metaspace_always", "metaspace_never",
    ]

    private func model() throws -> Data {
        try Data(contentsOf: Fixtures.url("parity/tokenizer_spm/tokenizer.model"))
    }

    private func vocabulary() throws -> Vocabulary {
        try Vocabulary(sentencePieceModel: try model())
    }

    /// The `tokenizer.json` of one spelling.
    private func json(_ name: String) throws -> Data {
        let data = try Data(contentsOf: Fixtures.url("tokenization/sentencepiece_forms.json"))
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let forms = try #require(file["forms"] as? [String: Any])
        var fields = try #require(forms[name] as? [String: Any])
        fields["cases"] = nil
        fields["model"] = file["model"]
        fields["added_tokens"] = file["added_tokens"]
        return try JSONSerialization.data(withJSONObject: fields)
    }

    @Test(arguments: formNames)
    func everySpellingGivesTheReferencesTokens(name: String) throws {
        let cases = try #require(
            try Fixture.read(Forms.self, "sentencepiece_forms.json").forms[name]?.cases)
        let tokenizer = try Tokenizer(vocabulary: try Vocabulary(tokenizerJSON: try json(name)))
        #expect(cases.count > 20)
        for one in cases {
            #expect(tokenizer.encode(one.text) == one.ids, "\(one.text)")
        }
    }

    @Test func textsComeBackAsTheReferenceGivesThem() throws {
        let cases = try #require(
            try Fixture.read(Forms.self, "sentencepiece_forms.json").forms["prepend"]?.cases)
        let tokenizer = try Tokenizer(
            vocabulary: try Vocabulary(tokenizerJSON: try json("prepend")))
        for one in cases {
            // The reference shows the unknown token by its name, SentencePiece by a mark of its own.
            let expected = one.decoded.replacing("<unk>", with: " \u{2047} ")
            #expect(tokenizer.decode(one.ids) == expected, "\(one.text)")
        }
    }

    @Test func scoresAndTheMergesMadeOfThemAgree() throws {
        let scored = try vocabulary()
        let written = try Vocabulary(tokenizerJSON: try scored.tokenizerJSON())
        let first = try Tokenizer(vocabulary: scored)
        let second = try Tokenizer(vocabulary: written)
        let third = try Tokenizer(
            vocabulary: try Vocabulary(
                model: "llama", tokens: written.tokens,
                tokenTypes: written.kinds.map { Int($0.rawValue) },
                scores: written.rankedScores.map { Double($0) }))
        for one in try Fixture.read(Forms.self, "sentencepiece_forms.json").forms["prepend"]?.cases
            ?? []
        where !one.text.contains("\u{2581}") {
            #expect(first.encode(one.text) == second.encode(one.text), "\(one.text)")
            #expect(third.encode(one.text) == second.encode(one.text), "\(one.text)")
        }
    }

    @Test func aPartOfATextGoesOnWithoutASpace() throws {
        let tokenizer = try Tokenizer(vocabulary: try vocabulary())
        let whole = tokenizer.encode("USER: a ASSISTANT: the")
        let question = tokenizer.encode("USER: a ASSISTANT:")
        let answer = tokenizer.encode(" the", at: .text)
        #expect(question + answer == whole)
        #expect(tokenizer.encode("a</s>the").suffix(1) == tokenizer.encode("the", at: .special))
        #expect(tokenizer.place(after: question.last) == .text)
        #expect(tokenizer.place(after: tokenizer.id(of: "</s>")) == .special)
    }

    @Test func streamedTextIsTheDecodedText() throws {
        let tokenizer = try Tokenizer(vocabulary: try vocabulary())
        for text in ["the bell", "日本 🎉", "  two", ""] {
            var stream = StreamingDecoder(tokenizer)
            let ids = tokenizer.encode(text)
            let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
            #expect(streamed == tokenizer.decode(ids))
            #expect(streamed == text)
        }
    }

    @Test func spacesAreCollapsedWhereTheModelSaysSo() throws {
        let vocabulary = try Vocabulary(
            tokens: ["<unk>", "a", "\u{2581}", "\u{2581}a"],
            kinds: [.unknown, .normal, .normal, .normal], merges: [], scores: [0, -1, -2, 0],
            scheme: .sentencePiece(
                SentencePieceRules(collapsesSpaces: true, fallsBackToBytes: false)))
        let tokenizer = try Tokenizer(vocabulary: vocabulary)
        #expect(tokenizer.encode("  a   a ") == [3, 3])
        #expect(tokenizer.encode("   ").isEmpty)
        #expect(tokenizer.encode("abba") == [3, 0, 1])
        #expect(tokenizer.decode([2, 3, 3]) == "a a")
    }

    @Test func brokenModelsAreNamed() throws {
        func message(_ data: Data) -> String? {
            #expect(throws: TokenizationError.self) { try Vocabulary(sentencePieceModel: data) }?
                .description
        }
        let whole = try model()
        #expect(
            message(whole.prefix(whole.count - 3))
                == "tokenizer.model: its messages break off or are none; expected protocol buffers; "
                + "download the file again")
        #expect(
            message(Data()) == "tokenizer.model: holds no pieces; expected a SentencePiece model; "
                + "download the file again")
        // A model of one piece whose trainer_spec says unigram.
        let unigram = Data([0x0A, 3, 0x0A, 1, 0x61, 0x12, 2, 0x18, 1])
        #expect(
            message(unigram)?.hasPrefix(
                "tokenizer.model: asks for an algorithm other than BPE (type 1)") == true)
    }

    @Test func aMissingByteIsNamed() throws {
        let vocabulary = try Vocabulary(
            model: "llama", tokens: ["<unk>", "a"], tokenTypes: [2, 1], scores: [0, 0])
        let error = #expect(throws: TokenizationError.self) {
            try Tokenizer(vocabulary: vocabulary)
        }
        #expect(error?.description.hasPrefix("tokens: there is no token '<0x00>'") == true)
    }
}
