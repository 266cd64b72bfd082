import Testing
import Tokenization

@Suite struct ChatTemplateTests {
    private let plain =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
        + "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

    @Test func theModelsOwnTemplateHasItsDefaultSystemPrompt() throws {
        let template = try ChatTemplate(jinja: try Fixture.chat().chat_template)
        #expect(
            template.defaultSystemPrompt
                == "You are a helpful AI assistant named SmolLM, trained by Hugging Face")
    }

    @Test func plainChatMLHasNoDefaultSystemPrompt() throws {
        #expect(try ChatTemplate(jinja: plain).defaultSystemPrompt == nil)
    }

    @Test func spellingThatChangesNothingIsRecognised() throws {
        let spelled =
            "{%- if not add_generation_prompt is defined -%}"
            + "{% set add_generation_prompt = false %}{% endif %}\n"
            + plain.replacing("'", with: "\"").replacing("\" + \"", with: "")
        #expect(try ChatTemplate(jinja: spelled).defaultSystemPrompt == nil)
    }

    @Test(arguments: [
        "", "{{ bos_token }}", "{% for message in messages %}", "{{ 'never closed }}",
        "{% for m in messages %}[INST]{{ m['content'] }}[/INST]{% endfor %}",
    ])
    func otherTemplatesAreRefused(_ jinja: String) {
        let error = #expect(throws: TokenizationError.self) { try ChatTemplate(jinja: jinja) }
        #expect(error?.subject == "chat template")
    }

    @Test func onlyAnswersAndTheirEndAreSupervised() {
        let segments = ChatTemplate().segments(
            [
                Message(.user, "What?"), Message(.assistant, "A dog."),
                Message(.user, "And?"), Message(.assistant, "A cat."),
            ], addingGenerationPrompt: false)
        #expect(
            segments == [
                .init(
                    text: "<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\n",
                    isSupervised: false),
                .init(text: "A dog.<|im_end|>", isSupervised: true),
                .init(
                    text: "\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n",
                    isSupervised: false),
                .init(text: "A cat.<|im_end|>", isSupervised: true),
                .init(text: "\n", isSupervised: false),
            ])
    }

    @Test func theDefaultSystemPromptYieldsToAGivenOneAndCanBeDropped() {
        var template = ChatTemplate(defaultSystemPrompt: "Be brief.")
        let question = [Message(.user, "Hi")]
        let given = [Message(.system, "Be kind.")] + question
        func text(_ messages: [Message]) -> String {
            template.segments(messages, addingGenerationPrompt: true).map(\.text).joined()
        }
        #expect(text(question).hasPrefix("<|im_start|>system\nBe brief.<|im_end|>\n"))
        #expect(text(given).hasPrefix("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user"))
        template.defaultSystemPrompt = nil
        #expect(text(question) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    }
}
