/// What went wrong while a model was configured, loaded or given an input.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The family of the problem.
    public enum Kind: Sendable, Equatable {
        /// A configuration lacks a field, or holds a value this model can't have.
        case configuration
        /// A weight file isn't of the model's family.
        case weights
        /// An input doesn't fit the model.
        case input
    }

    /// The family of the problem.
    public let kind: Kind
    /// The file, field or input the problem is about.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// Describes one problem.
    public init(_ kind: Kind, subject: String, detail: String, hint: String) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    /// `subject: what is wrong; what to try`.
    public var description: String { "\(subject): \(detail); \(hint)" }
}
