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

    private static let conversation = [
        Message(.system, "Be brief."), Message(.user, "What?"), Message(.assistant, "A dog."),
        Message(.user, "And?"), Message(.assistant, "A cat."),
    ]

    private func written(_ format: ChatTemplate.Format, _ prompt: String?) -> [String] {
        let template = ChatTemplate(format, beginning: "<s>", ending: "</s>")
        let turns = prompt == nil ? Array(Self.conversation.dropFirst()) : Self.conversation
        return template.segments(turns, addingGenerationPrompt: false).map { segment in
            segment.isSupervised ? "[\(segment.text)]" : segment.text
        }
    }

    @Test func vicunasAnswersBeginWithASpaceAndEndWithTheEndOfText() {
        #expect(
            written(.vicuna1, "") == [
                "Be brief. USER: What? ASSISTANT:", "[ A dog.</s>]", "USER: And? ASSISTANT:",
                "[ A cat.</s>]",
            ])
        let template = ChatTemplate.named(.vicuna1, beginning: "<s>", ending: "</s>")
        let question = template.segments([Message(.user, "Hi")], addingGenerationPrompt: true)
        #expect(question.count == 1)
        #expect(question.first?.text.hasPrefix("A chat between a curious user and an") == true)
        #expect(
            question.first?.text.hasSuffix(
                "polite answers to the user's questions. USER: Hi ASSISTANT:") == true)
        #expect(template.leadingToken == "<s>")
    }

    @Test func llama2PutsInstructionsIntoTheFirstQuestion() {
        #expect(
            written(.llama2, "") == [
                "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWhat? [/INST]", "[ A dog. </s>]",
                "<s>[INST] And? [/INST]", "[ A cat. </s>]",
            ])
        #expect(written(.llama2, nil).first == "<s>[INST] What? [/INST]")
    }

    @Test func llama3WritesRolesAsHeaders() {
        #expect(
            written(.llama3, nil) == [
                "<s><|start_header_id|>user<|end_header_id|>\n\nWhat?<|eot_id|>"
                    + "<|start_header_id|>assistant<|end_header_id|>\n\n", "[A dog.<|eot_id|>]",
                "<|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|>"
                    + "<|start_header_id|>assistant<|end_header_id|>\n\n", "[A cat.<|eot_id|>]",
            ])
    }

    /// With tools left out, white space control, loops over what is left, and a date.
    @Test func aTemplateIsKnownByWhatItWrites() throws {
        let jinja = """
            {{- bos_token }}
            {%- if not date_string is defined %}
                {%- set date_string = "1 May 2024" %}
            {%- endif %}
            {#- What stands first. #}
            {%- if messages[0]['role'] == 'system' %}
                {%- set told = messages[0].content | trim %}
                {%- set messages = messages[1:] %}
            {%- else %}
                {%- set told = "" %}
            {%- endif %}
            {{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
            {%- if tools is defined and tools is not none %}{{- tools | tojson(indent=4) }}{%- endif %}
            {{- "Today: " + date_string ~ "\\n\\n" + told + '<|eot_id|>' }}
            {%- for message in messages if message.role != 'tool' %}
                {%- if not (message.role == 'ipython' or 'tool_calls' in message) %}
                    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
                    {{- message['content'].strip() + '<|eot_id|>' }}
                {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
            {%- endif %}
            """
        let template = try ChatTemplate(jinja: jinja, beginning: "<b>", ending: "<e>")
        #expect(template.format == .llama3)
        #expect(template.systemPreface == "Today: 1 May 2024\n\n")
        #expect(template.defaultSystemPrompt?.isEmpty == true)
        #expect(template.beginning == "<b>")
    }

    @Test(arguments: [
        ("{% for m in messages %}{{ m | frobnicate }}{% endfor %}", "the filter 'frobnicate'"),
        ("{{ raise_exception('no') }}", "it refuses the conversation: no"),
        ("{% macro x() %}{% endmacro %}", "the statement 'macro'"),
        ("{{ messages[0]['content'] ", "a statement is never closed"),
        ("{% if true %}", "the end is missing"), ("{{ (1 + }}", "a value is missing"),
        ("{{ \(String(repeating: "(", count: 600)) }}", "it is larger than any"),
        (String(repeating: "{% if true %}", count: 100), "it is larger than any"),
        (
            "{% set x = 'xx' %}" + String(repeating: "{% set x = x + x %}", count: 40),
            "it is larger"
        ),
        ("{{ 'other' }}", "it writes conversations otherwise than"),
    ])
    func whatIsWrongWithATemplateIsSaid(jinja: String, message: String) {
        let error = #expect(throws: TokenizationError.self) { try ChatTemplate(jinja: jinja) }
        #expect(error?.detail.hasPrefix(message) == true, "\(error?.detail ?? "")")
    }
}
