/// Reads a table of comma-separated values record by record.
///
/// Source: RFC 4180; line feeds may stand alone
struct CSVReader {
    /// What is wrong, and at which line, from 1.
    struct Failure: Error, Equatable {
        let line: Int
        let detail: String
    }

    private let bytes: [UInt8]
    private var index: Int
    /// The line reached, from 1.
    private(set) var line = 1

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        index = start
    }

    /// The fields of the next record that is not empty, with the line it begins at; nil at the end.
    mutating func record() throws(Failure) -> (fields: [String], line: Int)? {
        while index < bytes.count, bytes[index] == 0x0A || bytes[index] == 0x0D { step() }
        guard index < bytes.count else { return nil }
        let start: Int = line
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { break }
            step()
        }
        return (fields, start)
    }

    private static func endsField(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D
    }

    private mutating func step() {
        if bytes[index] == 0x0A { line += 1 }
        index += 1
    }

    private mutating func field() throws(Failure) -> String {
        let start: Int = line
        var content: [UInt8] = []
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            step()
            try quoted(into: &content, from: start)
        } else {
            while index < bytes.count, !Self.endsField(bytes[index]) {
                content.append(bytes[index])
                step()
            }
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw Failure(line: start, detail: "text is not UTF-8")
        }
        return text
    }

    /// Reads on behind an opening quote; two quotes stand for one.
    private mutating func quoted(into content: inout [UInt8], from start: Int) throws(Failure) {
        while index < bytes.count {
            let byte: UInt8 = bytes[index]
            step()
            if byte != UInt8(ascii: "\"") {
                content.append(byte)
            } else if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                content.append(byte)
                step()
            } else {
                guard index == bytes.count || Self.endsField(bytes[index]) else {
                    throw Failure(
                        line: line, detail: "text follows a closing quote; expected a comma")
                }
                return
            }
        }
        throw Failure(line: start, detail: "the file ends inside quotes")
    }
}
