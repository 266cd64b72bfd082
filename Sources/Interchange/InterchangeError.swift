/// Why an export or an import ends without a result.
public struct InterchangeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of problem it is, which decides the exit code of a program.
    public enum Kind: Sendable, Equatable {
        /// What was asked for cannot be done as it stands.
        case request
        /// A checkpoint or a file to import is not what it should be.
        case data
        /// A folder or file cannot be written.
        case storage
        /// What was written does not compute what it should.
        case proof
        /// Somebody asked the program to stop.
        case stopped
    }

    /// What kind of problem it is.
    public let kind: Kind
    /// The file, folder or tensor concerned.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// Names the problem.
    public init(_ kind: Kind, _ subject: String, _ detail: String, hint: String) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    /// `subject: detail; hint`
    public var description: String { "\(subject): \(detail); \(hint)" }
}
