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

/// A conversation written out as the model expects it, in the ChatML format.
///
/// A turn is `<|im_start|>role`, a line feed, the content, `<|im_end|>` and a line feed.
public struct ChatTemplate: Sendable, Equatable {
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

    /// The token that starts a turn.
    public static let startOfTurn = "<|im_start|>"
    /// The token that ends a turn.
    public static let endOfTurn = "<|im_end|>"
    /// The token that ends a document.
    public static let endOfDocument = "<|endoftext|>"

    /// The system message of a conversation that has none; nil for no system turn.
    public var defaultSystemPrompt: String?

    /// Makes a ChatML template.
    public init(defaultSystemPrompt: String? = nil) {
        self.defaultSystemPrompt = defaultSystemPrompt
    }

    /// Recognises a template by the shape of its Jinja text.
    ///
    /// Throws: when the text is any other program than ChatML, with or without a default system
    /// prompt.
    public init(jinja: String) throws(TokenizationError) {
        self.init(defaultSystemPrompt: try ChatMLShape.defaultSystemPrompt(jinja: jinja))
    }

    /// The conversation as pieces; neighbours differ in whether they are supervised.
    ///
    /// Encode each piece on its own: then the ids of an answer do not depend on what comes before
    /// it, as when the model is asked.
    public func segments(_ messages: [Message], addingGenerationPrompt: Bool) -> [Segment] {
        var result: [Segment] = []
        var unsupervised = ""
        func endUnsupervised() {
            if unsupervised.isEmpty { return }
            result.append(Segment(text: unsupervised, isSupervised: false))
            unsupervised = ""
        }
        var turns = messages
        if let prompt = defaultSystemPrompt, messages.first?.role != .system, !messages.isEmpty {
            turns.insert(Message(.system, prompt), at: 0)
        }
        for turn in turns {
            unsupervised += Self.startOfTurn + turn.role.rawValue + "\n"
            if turn.role == .assistant {
                endUnsupervised()
                result.append(Segment(text: turn.content + Self.endOfTurn, isSupervised: true))
            } else {
                unsupervised += turn.content + Self.endOfTurn
            }
            unsupervised += "\n"
        }
        if addingGenerationPrompt {
            unsupervised += Self.startOfTurn + Message.Role.assistant.rawValue + "\n"
        }
        endUnsupervised()
        return result
    }
}
