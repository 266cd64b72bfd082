/// What went wrong while a model was put together from weights and a training plan.
public struct LayerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The family of the problem.
    public enum Kind: Sendable, Equatable {
        /// Weights are missing, have another shape or can't be used as asked.
        case weights
        /// The training plan names things the model doesn't have, or holds values out of range.
        case plan
        /// A value that was assigned doesn't fit its parameter.
        case assignment
    }

    /// The family of the problem.
    public let kind: Kind
    /// The parameter, pattern or model the problem is about.
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
