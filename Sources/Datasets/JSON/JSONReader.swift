/// Reads JSON values one by one and says where a text breaks the rules.
///
/// Foundation's decoder holds a whole file at once and, on Linux, does not say where it is wrong;
/// annotation files have a hundred thousand rows, and people write them by hand.
/// Source: RFC 8259
struct JSONReader {
    /// What is wrong, and at which line and column (in bytes), both from 1.
    struct Failure: Error, Equatable {
        let line: Int
        let column: Int
        let detail: String
    }

    /// The deepest nesting that is followed.
    static let depthLimit = 128

    /// The whole text.
    let bytes: [UInt8]
    /// The place reached.
    var index: Int
    private let end: Int
    private var depth = 0

    /// A reader of a stretch of a text; failures are counted from the text's beginning.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        index = range.lowerBound
        end = range.upperBound
    }

    /// The next byte that is not white space, without going past it.
    mutating func peek() -> UInt8? {
        while index < end {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return bytes[index]
            }
        }
        return nil
    }

    /// Reads an array and hands over its elements as they come.
    mutating func elements(_ body: (JSONValue) -> Void) throws(Failure) {
        try descend()
        defer { depth -= 1 }
        try expect(UInt8(ascii: "["))
        if peek() == UInt8(ascii: "]") {
            index += 1
            return
        }
        while true {
            body(try value())
            if try separator(orEnd: UInt8(ascii: "]")) { return }
        }
    }

    mutating func value() throws(Failure) -> JSONValue {
        switch peek() {
        case UInt8(ascii: "{"):
            return .object(try members())
        case UInt8(ascii: "["):
            var values: [JSONValue] = []
            try elements { values.append($0) }
            return .array(values)
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "t"):
            return try word("true", .bool(true))
        case UInt8(ascii: "f"):
            return try word("false", .bool(false))
        case UInt8(ascii: "n"):
            return try word("null", .null)
        case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
            return try number()
        default:
            throw unexpected("a value")
        }
    }

    /// Makes sure that nothing but white space is left.
    mutating func expectEnd() throws(Failure) {
        if peek() != nil { throw unexpected("the end") }
    }

    func failure(_ detail: String) -> Failure {
        let before = bytes[..<index]
        let lineStart: Int = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return Failure(
            line: before.count { $0 == 0x0A } + 1, column: index - lineStart + 1, detail: detail)
    }

    private mutating func members() throws(Failure) -> [JSONValue.Member] {
        try descend()
        defer { depth -= 1 }
        try expect(UInt8(ascii: "{"))
        var members: [JSONValue.Member] = []
        if peek() == UInt8(ascii: "}") {
            index += 1
            return members
        }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let key = try string()
            try expect(UInt8(ascii: ":"))
            members.append(.init(key: key, value: try value()))
            if try separator(orEnd: UInt8(ascii: "}")) { return members }
        }
    }

    private mutating func descend() throws(Failure) {
        depth += 1
        if depth > Self.depthLimit {
            throw failure("is nested deeper than \(Self.depthLimit) levels")
        }
    }

    private mutating func expect(_ byte: UInt8) throws(Failure) {
        guard peek() == byte else { throw unexpected("'\(Unicode.Scalar(byte))'") }
        index += 1
    }

    /// Goes past a comma, or past the closing byte, which it says.
    private mutating func separator(orEnd closing: UInt8) throws(Failure) -> Bool {
        let byte = peek()
        guard byte == closing || byte == UInt8(ascii: ",") else {
            throw unexpected("',' or '\(Unicode.Scalar(closing))'")
        }
        index += 1
        return byte == closing
    }

    private mutating func word(
        _ text: StaticString, _ value: JSONValue
    ) throws(Failure) -> JSONValue {
        let letters = Array(text.description.utf8)
        guard bytes[index..<end].starts(with: letters) else { throw unexpected("a value") }
        index += letters.count
        return value
    }

    private mutating func number() throws(Failure) -> JSONValue {
        let start: Int = index
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let firstDigit: Int = index
        try digits()
        if bytes[firstDigit] == UInt8(ascii: "0"), index - firstDigit > 1 {
            index = firstDigit
            throw failure("a number begins with 0")
        }
        if index < end, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if index < end, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < end, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits()
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func digits() throws(Failure) {
        let start: Int = index
        while index < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
            index += 1
        }
        if index == start { throw unexpected("a digit") }
    }

    private func unexpected(_ expected: String) -> Failure {
        guard index < end else { return failure("the text ends; expected \(expected)") }
        let byte: UInt8 = bytes[index]
        let found =
            byte > 0x20 && byte < 0x7F
            ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
        return failure("\(found) is unexpected; expected \(expected)")
    }

    /// The byte at the place reached; nil at the end.
    var current: UInt8? { index < end ? bytes[index] : nil }
}
