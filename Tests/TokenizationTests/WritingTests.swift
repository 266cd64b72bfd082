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

    @Test(arguments: [nil, "Be kind.", "It's \\ two\nlines with 'quotes'"])
    func aTemplateIsRecognisedAsItWasWritten(prompt: String?) throws {
        let template = ChatTemplate(defaultSystemPrompt: prompt)
        #expect(try ChatTemplate(jinja: template.jinja) == template)
    }
}
