/// What is wrong with a vocabulary, a tokenizer file or a chat template.
public struct TokenizationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The family of the problem.
    public enum Kind: String, Sendable {
        /// The data contradict themselves or cannot be read.
        case malformed
        /// The data are sound but ask for something that is not built here.
        case unsupported
    }

    /// The family of the problem.
    public let kind: Kind
    /// The key, token or file part that is wrong.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// Makes an error from its parts.
    public init(_ kind: Kind, _ subject: String, _ detail: String, hint: String = "") {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    /// The whole message on one line.
    public var description: String {
        "\(subject): \(detail)" + (hint.isEmpty ? "" : "; \(hint)")
    }
}
