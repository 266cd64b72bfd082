extension ChatTemplate {
    /// The template as a Jinja text, which `init(jinja:)` recognises.
    public var jinja: String {
        switch format {
        case .chatML: chatMLJinja
        case .llama2: llama2Jinja
        case .llama3: llama3Jinja
        case .vicuna1: vicuna1Jinja
        }
    }

    /// A text between quotation marks, as Jinja reads it.
    private func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
            .replacing("\n", with: "\\n")
        return "'\(escaped)'"
    }

    /// What a conversation without instructions begins with.
    private func systemTurn(_ head: String, _ tail: String) -> String {
        guard let prompt = defaultSystemPrompt else { return "" }
        let text = quoted(head + systemPreface + prompt + tail)
        return
            "{% if loop.first and messages[0]['role'] != 'system' %}{{ \(text) }}{% endif %}"
    }

    /// What stands before each system message, as one more term of a sum.
    private var prefaceTerm: String {
        guard !systemPreface.isEmpty else { return "" }
        return "(\(quoted(systemPreface)) if message['role'] == 'system' else '') + "
    }

    private func loop(_ body: String) -> String {
        "{% for message in messages %}\(body){% endfor %}"
    }

    private func generation(_ prompt: String) -> String {
        "{% if add_generation_prompt %}{{ \(quoted(prompt)) }}{% endif %}"
    }

    private var chatMLJinja: String {
        let head = Self.startOfTurn + "system\n"
        let turn =
            "{{'\(Self.startOfTurn)' + message['role'] + '\\n' + \(prefaceTerm)message['content'] + "
            + "'\(Self.endOfTurn)' + '\\n'}}"
        return loop(systemTurn(head, Self.endOfTurn + "\n") + turn)
            + generation(Self.startOfTurn + "assistant\n")
    }

    private var llama3Jinja: String {
        let (start, end) = ("<|start_header_id|>", "<|end_header_id|>\n\n")
        let turn =
            "{{ \(quoted(start)) + message['role'] + \(quoted(end)) + \(prefaceTerm)"
            + "(message['content'] | trim) + '<|eot_id|>' }}"
        let opening = "{% if loop.first %}{{ \(quoted(beginning)) }}{% endif %}"
        return loop(opening + systemTurn("\(start)system\(end)", "<|eot_id|>") + turn)
            + generation("\(start)assistant\(end)")
    }

    /// Splits `messages` into `system_message`, false for none, and `loop_messages`.
    private var systemSplit: String {
        let otherwise = defaultSystemPrompt.map { quoted(systemPreface + $0) } ?? "false"
        let given =
            systemPreface.isEmpty
            ? "messages[0]['content']" : "\(quoted(systemPreface)) + messages[0]['content']"
        return "{% if messages[0]['role'] == 'system' %}{% set system_message = \(given) %}"
            + "{% set loop_messages = messages[1:] %}{% else %}"
            + "{% set system_message = \(otherwise) %}{% set loop_messages = messages %}{% endif %}"
    }

    private var llama2Jinja: String {
        systemSplit
            + "{% for message in loop_messages %}{% if message['role'] == 'user' %}"
            + "{% if loop.first and system_message != false %}"
            + "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
            + "{% else %}{% set content = message['content'] %}{% endif %}"
            + "{{ \(quoted(beginning + "[INST] ")) + content.strip() + ' [/INST]' }}"
            + "{% else %}{{ ' ' + message['content'].strip() + \(quoted(" " + ending)) }}{% endif %}"
            + "{% endfor %}"
    }

    private var vicuna1Jinja: String {
        systemSplit
            + "{% if system_message %}{{ system_message + ' ' }}{% endif %}"
            + "{% for message in loop_messages %}{% if message['role'] == 'user' %}"
            + "{{ 'USER: ' + message['content'] + ' ' }}{% else %}"
            + "{{ 'ASSISTANT: ' + message['content'] + \(quoted(ending)) }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
    }
}
