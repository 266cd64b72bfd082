/// What went wrong while a run was put together or trained.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of problem it is, which decides the exit code of a program.
    public enum Kind: Sendable, Equatable {
        /// The recipe or a request cannot be carried out as it stands.
        case request
        /// A pretrained part is not at hand.
        case asset
        /// A sample or its media.
        case data
        /// The loss or a gradient is not a number.
        case notFinite
        /// A run folder or checkpoint.
        case storage
    }

    /// What kind of problem it is.
    public let kind: Kind
    /// The file, key, sample or step concerned.
    public let subject: String
    /// What is wrong.
    public let detail: String
    /// What was expected, and what to try.
    public let hint: String

    /// Names the problem.
    public init(_ kind: Kind, subject: String, detail: String, hint: String) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    /// `subject: detail; hint`
    public var description: String { "\(subject): \(detail); \(hint)" }
}
