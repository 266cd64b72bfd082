import Files
public import Foundation

/// A weight file that cannot be read or written, said so that the reader knows what to do.
public struct WeightFileError: Error, Sendable {
    /// What went wrong, for programs.
    public enum Kind: Sendable, Equatable {
        /// The system could not open, map or write the file.
        case unreadable
        /// The contents are of no known format.
        case unrecognised
        /// The file ends before what it announces.
        case truncated
        /// The contents contradict themselves or their format.
        case malformed
        /// The contents are valid but of a kind that is not read.
        case unsupported
        /// The file asks for code to be run.
        case unsafe
        /// There is no tensor of the name asked for.
        case missingTensor
        /// There is no metadata of the name and type asked for.
        case missingMetadata
    }

    /// What went wrong, for programs.
    public let kind: Kind
    /// The path concerned.
    public let subject: String
    /// What is wrong and what was expected.
    public let detail: String
    /// What to try.
    public let hint: String
    /// The error beneath, when there is one.
    public let cause: (any Error)?

    init(
        _ kind: Kind, _ subject: String, _ detail: String, hint: String? = nil,
        cause: (any Error)? = nil
    ) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.hint = hint ?? Self.usualHint(for: kind)
        self.cause = cause
    }

    /// A file that could not be written.
    init(writing error: FileError) {
        self.init(.unreadable, error.subject, error.detail, hint: error.hint, cause: error)
    }

    private static func usualHint(for kind: Kind) -> String {
        switch kind {
        case .truncated, .malformed: "download or write the file again"
        case .unrecognised, .unsupported: "convert the weights to safetensors"
        case .unsafe: "convert the weights to safetensors where you trust them"
        case .unreadable: "check the path"
        case .missingTensor, .missingMetadata: "check that the file holds this kind of model"
        }
    }
}

extension WeightFileError: CustomStringConvertible, LocalizedError {
    /// The message: subject, what is wrong, what to try.
    public var description: String { "\(subject): \(detail); \(hint)" }

    /// The same message, for Foundation.
    public var errorDescription: String? { description }
}
