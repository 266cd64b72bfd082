import Foundation
import Testing
import Tokenization

@Suite struct WritingTests {
    @Test(arguments: PreTokenizer.allCases)
    func aVocabularyIsReadAsItWasWritten(preTokenizer: PreTokenizer) throws {
        let vocabulary = try Vocabulary(
            tokens: ["<|endoftext|>", "a", "b", "ab", "<name>"],
            kinds: [.control, .normal, .normal, .normal, .userDefined],
            merges: [Vocabulary.Merge("a", "b")], preTokenizer: preTokenizer)
        let written = try vocabulary.tokenizerJSON()
        #expect(try Vocabulary(tokenizerJSON: written) == vocabulary)
        #expect(vocabulary.endIDs == [0])
    }

    @Test func tokensThatOnlyFillUpAVocabularyAreNotWritten() throws {
        func vocabulary(_ padding: [String]) throws -> Vocabulary {
            try Vocabulary(
                tokens: ["a", "b", "<|endoftext|>"] + padding,
                kinds: [.normal, .normal, .control] + padding.map { _ in .unused }, merges: [],
                preTokenizer: .gpt2)
        }
        let written = try vocabulary(["[PAD3]", "[PAD4]"]).tokenizerJSON()
        #expect(try Vocabulary(tokenizerJSON: written) == vocabulary([]))
    }

    @Test(
        arguments: ChatTemplate.Format.allCases,
        [nil, "Be kind.", "It's \\ two\nlines with 'quotes'"])
    func aTemplateIsRecognisedAsItWasWritten(
        format: ChatTemplate.Format, prompt: String?
    ) throws {
        var template = ChatTemplate(
            format, beginning: "<s>", ending: "</s>", defaultSystemPrompt: prompt)
        #expect(
            try ChatTemplate(jinja: template.jinja, beginning: "<s>", ending: "</s>") == template)
        guard prompt != nil else { return }
        template.systemPreface = "Today is a day.\n"
        #expect(
            try ChatTemplate(jinja: template.jinja, beginning: "<s>", ending: "</s>") == template)
    }
}
