public import Foundation

/// A file that could not be read or written, said so that the reader knows what to do.
public struct FileError: Error, Sendable, Equatable {
    /// What went wrong, for programs.
    public enum Kind: Sendable, Equatable {
        /// Nothing exists at the path.
        case missing
        /// The path is a folder, a pipe or a device.
        case notRegularFile
        /// The system refused access.
        case denied
        /// The disk or the quota is full.
        case noSpace
        /// The system reported another failure, with its `errno`.
        case system(Int32)
    }

    /// What went wrong, for programs.
    public let kind: Kind
    /// The path concerned.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String

    /// Makes an error from its parts.
    public init(kind: Kind, subject: String, detail: String, hint: String) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint
    }

    /// The error for a system call that failed with `code` while doing `action` to `path`.
    package init(code: Int32, path: String, action: String) {
        let reason = String(cString: strerror(code)).lowercased()
        let (kind, hint): (Kind, String) =
            switch code {
            case ENOENT: (.missing, "check the path")
            case EISDIR, ENOTDIR: (.notRegularFile, "check the path")
            case EACCES, EPERM, EROFS: (.denied, "check the permissions of the file and folder")
            case ENOSPC, EDQUOT: (.noSpace, "free some space or choose another folder")
            default: (.system(code), "check the disk")
            }
        self.init(
            kind: kind, subject: path, detail: "cannot \(action): \(reason)", hint: hint)
    }
}

extension FileError: CustomStringConvertible, LocalizedError {
    /// The message: subject, what is wrong, what to try.
    public var description: String { "\(subject): \(detail); \(hint)" }

    /// The same message, for Foundation.
    public var errorDescription: String? { description }
}
