import Foundation
import Testing
import Tokenization

@Suite struct VocabularyTests {
    private func tokenizer(
        model: String = "gpt2", pre: String = "smollm", tokens: [String] = ["a", "b", "ab"],
        types: [Int] = [1, 1, 1], merges: [String] = ["a b"], end: Int? = nil
    ) throws -> Tokenizer {
        try Tokenizer(
            vocabulary: Vocabulary(
                model: model, pre: pre, tokens: tokens, tokenTypes: types, merges: merges,
                endOfTextID: end))
    }

    private func message(_ body: () throws -> Tokenizer) -> String? {
        #expect(throws: TokenizationError.self) { try body() }?.description
    }

    @Test func contradictionsAreNamed() {
        #expect(
            message { try tokenizer(tokens: [], types: [], merges: []) }
                == "tokens: 0 tokens; expected at least one")
        #expect(
            message { try tokenizer(types: [1]) }
                == "token types: 1 types for 3 tokens; expected one type a token")
        #expect(
            message { try tokenizer(types: [1, 1, 9]) }
                == "tokenizer.ggml.token_type: type 9 of token 2 is not known; expected 1 to 6")
        #expect(
            message { try tokenizer(tokens: ["a", "b", "a"]) }
                == "token 2: 'a' is also token 0; expected each token once")
        #expect(
            message { try tokenizer(merges: ["ab"]) }
                == "merge 0: 'ab' is not a pair; expected two tokens with a space between them")
        #expect(
            message { try tokenizer(merges: ["b a"]) }
                == "merge 0: 'b' and 'a' or what they make is no token; "
                + "expected all three in the vocabulary")
        #expect(
            message { try tokenizer(end: 3) }
                == "end of text: token 3 does not exist; expected 0 to 2")
    }

    @Test func otherKindsOfTokenizerAreRefused() {
        #expect(
            message { try tokenizer(model: "bert") }?
                .hasPrefix("tokenizer.ggml.model: 'bert' is no tokenizer that is known") == true)
        #expect(
            message { try tokenizer(pre: "tekken") }?
                .hasPrefix("tokenizer.ggml.pre: 'tekken' is not known; expected one of") == true)
        #expect(
            message { try tokenizer(tokens: ["a", "b", "\u{2581}"], merges: []) }?
                .hasPrefix("token 2: '\u{2581}' has a character that stands for no byte") == true)
    }

    private func json(
        vocabulary: String = #"{"a": 0, "b": 1, "ab": 2}"#, merges: String = #"["a b"]"#,
        steps: String = #"{"type": "ByteLevel", "add_prefix_space": false}"#,
        normalizer: String = "null"
    ) -> Data {
        Data(
            """
            {"added_tokens": [{"id": 3, "content": "<|im_end|>", "special": true}],
             "normalizer": \(normalizer), "pre_tokenizer": \(steps),
             "model": {"type": "BPE", "vocab": \(vocabulary), "merges": \(merges)}}
            """.utf8)
    }

    @Test func tokenizerJSONGivesTheSameTokenizerAsTheArrays() throws {
        for merges in [#"["a b"]"#, #"[["a", "b"]]"#] {
            let vocabulary = try Vocabulary(tokenizerJSON: json(merges: merges), endOfTextID: 3)
            let expected = try Vocabulary(
                model: "gpt2", pre: "gpt-2", tokens: ["a", "b", "ab", "<|im_end|>"],
                tokenTypes: [1, 1, 1, 3], merges: ["a b"], endOfTextID: 3)
            #expect(vocabulary == expected)
            #expect(try Tokenizer(vocabulary: vocabulary).encode("aba<|im_end|>") == [2, 0, 3])
        }
    }

    @Test func individualDigitsAreRecognised() throws {
        let steps = """
            {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
             {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]}
            """
        #expect(
            try Vocabulary(tokenizerJSON: json(steps: steps)).scheme
                == .byteLevel(ByteLevelRules(.smolLM)))
    }

    @Test func badTokenizerJSONIsNamed() {
        func message(_ data: Data) -> String? {
            #expect(throws: TokenizationError.self) { try Vocabulary(tokenizerJSON: data) }?
                .description
        }
        #expect(message(Data("{".utf8))?.hasPrefix("tokenizer.json: not JSON") == true)
        #expect(
            message(Data("{}".utf8))?
                .hasPrefix("tokenizer.json: 'model' is missing in the top level") == true)
        #expect(
            message(json(vocabulary: #"{"a": 0, "b": 2000000000}"#))?
                .hasPrefix("tokenizer.json: token id 1 is missing or taken twice") == true)
        #expect(
            message(json(merges: #"[["a", "b", "c"]]"#)) == "merge 0: 3 tokens; expected a pair")
        #expect(
            message(json(steps: #"{"type": "Whitespace"}"#))?
                .hasPrefix("tokenizer.json: the pre-tokenizer is not known") == true)
        #expect(
            message(json(steps: "null"))?
                .hasPrefix("tokenizer.json: the pre-tokenizer is not known") == true)
        #expect(
            message(json(normalizer: #"{"type": "Lowercase"}"#))?
                .hasPrefix("tokenizer.json: normalizer 'Lowercase' is not known") == true)
    }

    @Test func tokensThatNothingMakesAreNamed() {
        let expected =
            "tokenizer: there are no merges, so that nothing makes 'ab' (token 2) of characters; "
            + "expected them beside the tokens; use the tokenizer's files as they were published"
        #expect(message { try tokenizer(merges: []) } == expected)
        #expect(
            #expect(throws: TokenizationError.self) {
                try Vocabulary(tokenizerJSON: json(merges: "[]"))
            }?.description == expected)
    }

    @Test func composedCharactersAndWholeWordsAreTokens() throws {
        let tokens = ["a", "b", "ab", "\u{C3}", "\u{A9}", "\u{C3}\u{A9}"]
        let kinds = [Vocabulary.TokenKind](repeating: .normal, count: tokens.count)
        let merges = [Vocabulary.Merge("\u{C3}", "\u{A9}")]
        let qwen = try Tokenizer(
            vocabulary: Vocabulary(
                tokens: tokens, kinds: kinds, merges: merges, preTokenizer: .qwen2))
        #expect(qwen.encode("e\u{301}") == [5])
        #expect(qwen.encode("ab") == [0, 1])
        let llama = try Tokenizer(
            vocabulary: Vocabulary(
                tokens: tokens, kinds: kinds, merges: merges, preTokenizer: .llama3))
        #expect(llama.encode("ab") == [2])
    }
}
