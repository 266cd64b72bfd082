extension ChatTemplate {
    /// Recognises a template by what its Jinja text makes of conversations; `beginning` and `ending` are
    /// the model's tokens that begin and end a text.
    ///
    /// Throws: when it writes conversations otherwise than every format that is known
    public init(
        jinja: String, beginning: String = "", ending: String = ""
    ) throws(TokenizationError) {
        let probe = try TemplateProbe(jinja, beginning: beginning, ending: ending)
        for format in Format.allCases {
            let plain = ChatTemplate(format, beginning: beginning, ending: ending)
            if let found = probe.found(plain) {
                self = found
                return
            }
        }
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw TokenizationError(
            .unsupported, "chat template",
            "it writes conversations otherwise than \(known)",
            hint: "name the closest with model.chat_template, or choose a model with one of these")
    }
}

/// What a template makes of some conversations.
private struct TemplateProbe {
    private static let question = Message(.user, "What is it?")
    private static let answer = Message(.assistant, "A bell.")
    private static let system = Message(.system, "Be brief.")
    private static let conversations = [
        [question], [question, answer, question], [system, question],
        [system, question, answer, question, answer, question],
    ]

    private let results: [(messages: [Message], text: String)]
    private let beginning: String

    init(_ jinja: String, beginning: String, ending: String) throws(TokenizationError) {
        let template = try JinjaTemplate(jinja)
        var results: [(messages: [Message], text: String)] = []
        for messages in Self.conversations {
            let turns = messages.map {
                JinjaValue.map([
                    "role": .string($0.role.rawValue), "content": .string($0.content),
                ])
            }
            let text = try template.text([
                "messages": .list(turns), "add_generation_prompt": .bool(true),
                "bos_token": .string(beginning), "eos_token": .string(ending),
            ])
            results.append((messages, text))
        }
        self.results = results
        self.beginning = beginning
    }

    /// A format with the system prompt and preface that make it write the same; nil for none.
    func found(_ plain: ChatTemplate) -> ChatTemplate? {
        candidates(plain).first { candidate in
            results.allSatisfy { text(candidate, $0.messages) == own($0.text, candidate) }
        }
    }

    /// The template as it is; with what stands where a system prompt would; and with what stands before
    /// a given one.
    private func candidates(_ plain: ChatTemplate) -> [ChatTemplate] {
        var result = [plain]
        var prompted = plain
        let mark = "\u{0}"
        prompted.defaultSystemPrompt = mark
        let alone = results[0]
        let frame = text(prompted, alone.messages).split(
            separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
        guard frame.count == 2,
            let standing = inside(own(alone.text, plain), frame[0], frame[1])
        else { return result }
        prompted.defaultSystemPrompt = standing
        result.append(prompted)
        let given = results[2]
        guard let whole = inside(own(given.text, plain), frame[0], frame[1]),
            whole.hasSuffix(Self.system.content)
        else { return result }
        let preface = String(whole.dropLast(Self.system.content.count))
        guard standing.hasPrefix(preface) else { return result }
        prompted.systemPreface = preface
        prompted.defaultSystemPrompt = String(standing.dropFirst(preface.count))
        result.append(prompted)
        return result
    }

    private func inside(_ text: String, _ head: Substring, _ tail: Substring) -> String? {
        guard text.hasPrefix(head), text.hasSuffix(tail), text.count >= head.count + tail.count
        else { return nil }
        return String(text.dropFirst(head.count).dropLast(tail.count))
    }

    /// A text without the token that the tokenizer puts before it.
    private func own(_ text: String, _ template: ChatTemplate) -> String {
        guard let token = template.leadingToken, text.hasPrefix(token) else { return text }
        return String(text.dropFirst(token.count))
    }

    private func text(_ template: ChatTemplate, _ messages: [Message]) -> String {
        template.segments(messages, addingGenerationPrompt: true).map(\.text).joined()
    }
}
