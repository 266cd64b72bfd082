/// Reads JSON text strictly: no duplicate members, nothing after the value, at most 32 levels.
///
/// Source: RFC 8259.
struct JSONReader {
    private static let depthLimit = 32
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private var position = 0

    /// The value that `bytes` spell.
    ///
    /// Throws: `WeightFileError` that names the byte.
    static func value(of bytes: UnsafeRawBufferPointer, path: String) throws -> JSONValue {
        var reader = JSONReader(bytes: bytes, path: path)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.error("the end") }
        return value
    }

    private init(bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ expected: String) -> WeightFileError {
        WeightFileError(
            .malformed, path,
            "the JSON text is broken at byte \(position); \(expected) was expected")
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard skip(character) else { throw error("'\(character)'") }
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < Self.depthLimit else { throw error("less nesting") }
        if skip("{") { return .object(try members(depth: depth + 1)) }
        if skip("[") { return .array(try elements(depth: depth + 1)) }
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: expected) else { throw error("'\(word)'") }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func elements(depth: Int) throws -> [JSONValue] {
        var elements: [JSONValue] = []
        if skip("]") { return elements }
        repeat { elements.append(try value(depth: depth)) } while skip(",")
        try expect("]")
        return elements
    }

    private mutating func members(depth: Int) throws -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        if skip("}") { return members }
        repeat {
            skipSpace()
            let name = try string()
            guard names.insert(name).inserted else {
                throw WeightFileError(.malformed, path, "the name '\(name)' occurs twice")
            }
            try expect(":")
            members.append(JSONValue.Member(name: name, value: try value(depth: depth)))
        } while skip(",")
        try expect("}")
        return members
    }

    private mutating func digits() throws {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw error("a digit") }
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        guard let byte = next, (0x30...0x39).contains(byte) else { throw error("a value") }
        try digits()
        guard byte != UInt8(ascii: "0") || position == firstDigit + 1 else {
            throw error("a number without leading zeros")
        }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text) else { throw error("a number") }
        return .number(number)
    }
}

extension JSONReader {
    private mutating func string() throws -> String {
        guard next == UInt8(ascii: "\"") else { throw error("a string") }
        position += 1
        let start = position
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw error("no control character") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                text.append(contentsOf: String(try escape()).utf8)
            } else {
                text.append(byte)
            }
        }
        guard next != nil else { throw error("'\"'") }
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
            throw WeightFileError(.malformed, path, "the JSON string at byte \(start) is not UTF-8")
        }
        return string
    }

    private mutating func escape() throws -> Unicode.Scalar {
        guard let byte = next else { throw error("an escape") }
        position += 1
        switch Unicode.Scalar(byte) {
        case "\"", "\\", "/": return Unicode.Scalar(byte)
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try codePoint()
        default: throw error("an escape")
        }
    }

    private mutating func codePoint() throws -> Unicode.Scalar {
        let high = try hexadecimalUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard (0xd800..<0xdc00).contains(high), next == UInt8(ascii: "\\") else {
            throw error("a surrogate pair")
        }
        position += 1
        guard next == UInt8(ascii: "u") else { throw error("a surrogate pair") }
        position += 1
        let low = try hexadecimalUnit()
        guard (0xdc00..<0xe000).contains(low),
            let scalar = Unicode.Scalar(
                0x10000 + (UInt32(high) - 0xd800) << 10 + (UInt32(low) - 0xdc00))
        else { throw error("a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimalUnit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("a hexadecimal digit")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
