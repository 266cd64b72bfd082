/// What went wrong in an optimizer or its settings.
public struct OptimizationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The family of the problem.
    public enum Kind: Sendable, Equatable {
        /// A setting is out of range.
        case settings
        /// A gradient is NaN or infinite.
        case gradient
        /// Saved moments don't fit the parameters.
        case moments
    }

    /// The family of the problem.
    public let kind: Kind
    /// The setting or parameter the problem is about.
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
