/// Decodes tokens one by one without ever giving out half a character.
public struct StreamingDecoder: Sendable {
    private var tokens: Detokenizer
    private var pending: [UInt8] = []

    /// Starts an empty stream.
    public init(_ tokenizer: Tokenizer, skippingSpecial: Bool = true) {
        tokens = Detokenizer(tokenizer, skippingSpecial: skippingSpecial)
    }

    /// Adds a token and gives out the text that is complete with it, which may be empty.
    public mutating func append(_ id: Int32) -> String {
        pending += tokens.bytes(of: id)
        let complete = pending.count - Self.unfinishedCount(pending)
        let text = String(decoding: pending[..<complete], as: UTF8.self)
        pending.removeFirst(complete)
        return text
    }

    /// Ends the stream; a character that was never finished shows as U+FFFD.
    public mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that later bytes may still finish.
    private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
        for count in 1...3 where count <= bytes.count {
            let start = bytes.count - count
            let lead = bytes[start]
            if lead & 0xC0 == 0x80 { continue }
            guard count < length(startingWith: lead) else { return 0 }
            return count == 1 || secondBytes(after: lead).contains(bytes[start + 1]) ? count : 0
        }
        return 0
    }

    private static func length(startingWith lead: UInt8) -> Int {
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    /// Source: The Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).
    private static func secondBytes(after lead: UInt8) -> ClosedRange<UInt8> {
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
    }
}
