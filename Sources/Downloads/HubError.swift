/// Why a model could not be fetched.
public struct HubError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of problem it is, which decides the exit code of a program.
    public enum Kind: Sendable, Equatable {
        /// The request cannot be carried out as it stands.
        case request
        /// The hub has no such model, revision or file.
        case missing
        /// The hub wants a token, or another one.
        case denied
        /// No answer, or none that can be used.
        case network
        /// What came is not what the hub announced.
        case damaged
    }

    /// What kind of problem it is.
    public let kind: Kind
    /// The model, file or address concerned.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// Names the problem.
    package init(_ kind: Kind, _ subject: String, _ detail: String, hint: String) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    /// `subject: detail; hint`
    public var description: String { "\(subject): \(detail); \(hint)" }
}
