/// One turn of a conversation.
public struct Message: Sendable, Equatable {
    /// Who speaks.
    public enum Role: String, Sendable {
        /// Instructions that hold for the whole conversation.
        case system
        /// The person who asks.
        case user
        /// The model.
        case assistant
    }

    /// Who speaks.
    public let role: Role
    /// What is said.
    public let content: String

    /// Makes a message.
    public init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}

/// A conversation written out as the model expects it.
public struct ChatTemplate: Sendable, Equatable {
    /// How turns are written; the raw value is the name in recipes.
    public enum Format: String, Sendable, CaseIterable {
        /// `<|im_start|>role`, a line feed, the content, `<|im_end|>`, a line feed.
        ///
        /// Source: Qwen2's and SmolLM2's chat templates
        case chatML = "chatml"
        /// `<s>[INST] question [/INST] answer </s>`; instructions stand in the first question.
        ///
        /// Source: the chat template of Llama-2-Chat
        case llama2 = "llama_2"
        /// `<|start_header_id|>role<|end_header_id|>`, two line feeds, the content, `<|eot_id|>`.
        ///
        /// Source: the chat template of Llama-3-Instruct
        case llama3 = "llama_3"
        /// `instructions USER: question ASSISTANT: answer</s>`.
        ///
        /// Source: FastChat's vicuna_v1.1, which LLaVA calls vicuna_v1
        case vicuna1 = "vicuna_v1"
    }

    /// A piece of a written conversation.
    public struct Segment: Sendable, Equatable {
        /// The text, with special tokens written out.
        public let text: String
        /// Whether the model learns to produce it: an answer and the token that ends it.
        public let isSupervised: Bool

        /// Makes a piece.
        public init(text: String, isSupervised: Bool) {
            self.text = text
            self.isSupervised = isSupervised
        }
    }

    /// ChatML's token that starts a turn.
    public static let startOfTurn = "<|im_start|>"
    /// ChatML's token that ends a turn.
    public static let endOfTurn = "<|im_end|>"
    /// The token that ends a document in SmolLM2's and Qwen2's vocabularies.
    public static let endOfDocument = "<|endoftext|>"
    /// Tokens after which an answer is complete; those of turns come first.
    static let endings = [endOfTurn, "<|eot_id|>", endOfDocument, "<|end_of_text|>"]

    /// How turns are written.
    public let format: Format
    /// The token that a text begins with, as it is written; empty for none.
    public let beginning: String
    /// The token that ends a text, as it is written; empty for none.
    public let ending: String
    /// The system message of a conversation that has none; nil for no system turn.
    public var defaultSystemPrompt: String?
    /// What stands before every system message.
    public var systemPreface = ""

    /// Makes a template of a format for a model with these tokens.
    public init(
        _ format: Format = .chatML, beginning: String = "", ending: String = "",
        defaultSystemPrompt: String? = nil
    ) {
        self.format = format
        self.beginning = beginning
        self.ending = ending
        self.defaultSystemPrompt = defaultSystemPrompt
    }

    /// Vicuna's system message.
    ///
    /// Source: FastChat's conversation vicuna_v1.1
    private static let vicunaSystemPrompt =
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
        + "helpful, detailed, and polite answers to the user's questions."

    /// A format as its first model was published with it.
    public static func named(
        _ format: Format, beginning: String, ending: String
    ) -> ChatTemplate {
        ChatTemplate(
            format, beginning: beginning, ending: ending,
            defaultSystemPrompt: format == .vicuna1 ? vicunaSystemPrompt : nil)
    }

    /// The token that is put before the written text, because the format leaves it to the tokenizer.
    public var leadingToken: String? {
        format == .vicuna1 && !beginning.isEmpty ? beginning : nil
    }

    /// The conversation as pieces; neighbours differ in whether they are supervised.
    ///
    /// Encode each piece on its own: then the ids of an answer do not depend on what comes before
    /// it, as when the model is asked.
    public func segments(_ messages: [Message], addingGenerationPrompt: Bool) -> [Segment] {
        var turns = messages
        if let prompt = defaultSystemPrompt, messages.first?.role != .system, !messages.isEmpty {
            turns.insert(Message(.system, prompt), at: 0)
        }
        var written = WrittenConversation()
        switch format {
        case .chatML: writeChatML(turns, to: &written)
        case .llama2: writeLlama2(turns, to: &written)
        case .llama3: writeLlama3(turns, to: &written)
        case .vicuna1: writeVicuna1(turns, to: &written)
        }
        if addingGenerationPrompt { written.add(generationPrompt) }
        return written.finished
    }

    private var generationPrompt: String {
        switch format {
        case .chatML: Self.startOfTurn + "assistant\n"
        case .llama2: ""
        case .llama3: Self.header(.assistant)
        case .vicuna1: "ASSISTANT:"
        }
    }
}

/// The pieces of a conversation as they are written.
private struct WrittenConversation {
    private var segments: [ChatTemplate.Segment] = []
    private var unsupervised = ""

    mutating func add(_ text: String) { unsupervised += text }

    mutating func addSupervised(_ text: String) {
        endUnsupervised()
        segments.append(ChatTemplate.Segment(text: text, isSupervised: true))
    }

    private mutating func endUnsupervised() {
        if unsupervised.isEmpty { return }
        segments.append(ChatTemplate.Segment(text: unsupervised, isSupervised: false))
        unsupervised = ""
    }

    var finished: [ChatTemplate.Segment] {
        var copy = self
        copy.endUnsupervised()
        return copy.segments
    }
}

extension ChatTemplate {
    private func content(_ turn: Message) -> String {
        turn.role == .system ? systemPreface + turn.content : turn.content
    }

    private func writeChatML(_ turns: [Message], to written: inout WrittenConversation) {
        for turn in turns {
            written.add(Self.startOfTurn + turn.role.rawValue + "\n")
            let text = content(turn) + Self.endOfTurn
            turn.role == .assistant ? written.addSupervised(text) : written.add(text)
            written.add("\n")
        }
    }

    fileprivate static func header(_ role: Message.Role) -> String {
        "<|start_header_id|>\(role.rawValue)<|end_header_id|>\n\n"
    }

    private func writeLlama3(_ turns: [Message], to written: inout WrittenConversation) {
        written.add(beginning)
        for turn in turns {
            written.add(Self.header(turn.role))
            let text = content(Message(turn.role, Self.trimmed(turn.content))) + "<|eot_id|>"
            turn.role == .assistant ? written.addSupervised(text) : written.add(text)
        }
    }

    private func writeLlama2(_ turns: [Message], to written: inout WrittenConversation) {
        var instructions = ""
        for turn in turns {
            switch turn.role {
            case .system: instructions = "<<SYS>>\n\(content(turn))\n<</SYS>>\n\n"
            case .user:
                let question = Self.trimmed(instructions + turn.content)
                written.add("\(beginning)[INST] \(question) [/INST]")
                instructions = ""
            case .assistant: written.addSupervised(" \(Self.trimmed(turn.content)) \(ending)")
            }
        }
    }

    private func writeVicuna1(_ turns: [Message], to written: inout WrittenConversation) {
        for turn in turns {
            switch turn.role {
            case .system: written.add(turn.content.isEmpty ? "" : content(turn) + " ")
            case .user: written.add("USER: \(turn.content) ")
            case .assistant:
                written.add("ASSISTANT:")
                written.addSupervised(" \(turn.content)\(ending)")
            }
        }
    }

    /// A text without white space at its ends.
    static func trimmed(_ text: String, atStart: Bool = true, atEnd: Bool = true) -> String {
        var rest = Substring(text)
        while atStart, rest.first?.isWhitespace == true { rest.removeFirst() }
        while atEnd, rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
