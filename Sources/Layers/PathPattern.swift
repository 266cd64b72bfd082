/// A pattern over parameter paths: a path, a path's beginning up to a dot, or `*` for any run of characters.
///
/// `model.mm_projector` matches `model.mm_projector.weight`; `*norm*` matches every norm's weight.
public struct PathPattern: Sendable, Equatable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The pattern as written.
    public let text: String

    /// Reads a pattern; every text is one.
    public init(_ text: String) {
        self.text = text
    }

    public init(stringLiteral value: String) {
        text = value
    }

    public var description: String { text }

    /// Whether a path is meant.
    public func matches(_ path: String) -> Bool {
        let pattern = Array(text.utf8)
        let characters = Array(path.utf8)
        return Self.matches(pattern[...], characters[...])
    }

    /// The usual two-pointer walk: on a mismatch the last `*` takes one character more.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        let star = UInt8(ascii: "*")
        let dot = UInt8(ascii: ".")
        var index = pattern.startIndex
        var position = path.startIndex
        var retry: (index: Int, position: Int)?
        while position < path.endIndex {
            if index == pattern.endIndex, path[position] == dot { return true }
            if index < pattern.endIndex, pattern[index] == star {
                retry = (index + 1, position)
                index += 1
            } else if index < pattern.endIndex, pattern[index] == path[position] {
                index += 1
                position += 1
            } else if let last = retry {
                retry = (last.index, last.position + 1)
                index = last.index
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == star }
    }
}
