internal import Foundation

extension Error {
    /// Foundation's words for it, without the full stop at their end, so that a message can go on after them.
    package var systemReason: String {
        let words = localizedDescription
        return words.hasSuffix(".") ? String(words.dropLast()) : words
    }
}
