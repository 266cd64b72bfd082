/// Reads the fields of a message in protocol buffers' wire format, one after the other.
///
/// Source: the encoding of protocol buffers (protobuf.dev/programming-guides/encoding)
struct ProtobufReader {
    /// What a field holds.
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    private let subject: String

    init(_ bytes: ArraySlice<UInt8>, subject: String) {
        rest = bytes
        self.subject = subject
    }

    /// The next field's number and value, nil at the end.
    ///
    /// Throws: when the message breaks off or is none
    mutating func next() throws(TokenizationError) -> (field: Int, value: Value)? {
        if rest.isEmpty { return nil }
        let key = try variable()
        guard let field = Int(exactly: key >> 3), field > 0 else { throw broken() }
        switch key & 7 {
        case 0: return (field, .number(try variable()))
        case 1: return (field, .number(try fixed(8)))
        case 2: return (field, .bytes(try take(Int(exactly: try variable()) ?? .max)))
        case 5: return (field, .number(try fixed(4)))
        default: throw broken()
        }
    }

    private mutating func variable() throws(TokenizationError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw broken() }
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw broken()
    }

    private mutating func fixed(_ count: Int) throws(TokenizationError) -> UInt64 {
        try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) throws(TokenizationError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw broken() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private func broken() -> TokenizationError {
        TokenizationError(
            .malformed, subject, "its messages break off or are none; expected protocol buffers",
            hint: "download the file again")
    }
}
