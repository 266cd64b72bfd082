import Testing
import Tokenization

@Suite struct TokenizerParityTests {
    @Test func everyRecordedTextGivesTheRecordedIDs() throws {
        let tokenizer = try Fixture.tokenizer()
        let originalIDs = try Fixture.reduced().ids
        let cases = try Fixture.cases()
        #expect(cases.count == 200)
        for one in cases {
            let ids = tokenizer.encode(one.text)
            #expect(ids.map { originalIDs[Int($0)] } == one.ids, "\(one.text)")
            #expect(tokenizer.decode(ids) == one.decoded, "\(one.text)")
        }
    }

    @Test func everyRecordedConversationGivesTheRecordedTextAndIDs() throws {
        let tokenizer = try Fixture.tokenizer()
        let originalIDs = try Fixture.reduced().ids
        let chat = try Fixture.chat()
        let template = try ChatTemplate(jinja: chat.chat_template)
        for one in chat.cases {
            let segments = template.segments(
                try one.turns(), addingGenerationPrompt: one.add_generation_prompt)
            #expect(segments.map(\.text).joined() == one.text)
            let ids = segments.flatMap { tokenizer.encode($0.text) }
            #expect(ids.map { originalIDs[Int($0)] } == one.ids)
        }
    }
}
