public import Foundation

/// What is wrong with a checkpoint, a feature cache or another HDF5 file.
public struct CheckpointError: Error, Sendable, Equatable {
    /// What went wrong, for programs.
    public enum Kind: Sendable, Equatable {
        /// The file does not exist or cannot be opened.
        case unreadable
        /// The file is not what it should be: another format, cut short, or changed since.
        case damaged
        /// The file is sound, but made by something this version does not read.
        case unsupported
        /// The file lacks a member it should have.
        case missing
        /// A member has another type or shape than expected.
        case mismatched
        /// The file cannot be written: no space, no permission.
        case unwritable
        /// The value to write cannot be stored.
        case invalid
    }

    /// What went wrong, for programs.
    public let kind: Kind
    /// The file, and the member inside it, where one is concerned.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String
    /// What the system or the HDF5 library said.
    public let cause: String?

    /// Makes an error from its parts.
    public init(
        _ kind: Kind, subject: String, detail: String, hint: String, cause: String? = nil
    ) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
        self.cause = cause
    }

    /// The error for a failed write to `path`, however it was reported of the file beside it.
    init(writing path: String, _ error: any Error) {
        if let error = error as? CheckpointError {
            self.init(
                error.kind, subject: path, detail: error.detail, hint: error.hint,
                cause: error.cause)
        } else {
            self.init(
                .unwritable, subject: path, detail: "cannot write the file",
                hint: "check the folder, its permissions and the free space", cause: "\(error)")
        }
    }
}

extension CheckpointError: CustomStringConvertible, LocalizedError {
    /// The message: subject, what is wrong (and the library's reason), what to try.
    public var description: String {
        "\(subject): \(detail)\(cause.map { " (\($0))" } ?? ""); \(hint)"
    }

    /// The same message, for Foundation.
    public var errorDescription: String? { description }
}
