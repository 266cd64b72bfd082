/// Why a command ends without a result.
package struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// How the process ends, as scripts see it.
    ///
    /// Source: sysexits.h
    package enum Kind: Int32, Sendable {
        /// A command or a recipe that cannot be carried out as it is written.
        case usage = 64
        /// Data, weights or a checkpoint that are not what they should be.
        case data = 65
        /// A fault of this program.
        case fault = 70
        /// A file that cannot be read or written.
        case inputOutput = 74
        /// Stopped by a signal, after saving.
        case stopped = 130
    }

    package let kind: Kind
    /// What it is about: a file, an option, a sample.
    package let subject: String
    /// What is wrong and what was expected.
    package let detail: String
    /// What to try.
    package let hint: String

    package init(_ kind: Kind, _ subject: String, _ detail: String, hint: String) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    package var description: String { "\(subject): \(detail); \(hint)" }
}
