/// Takes a file apart into records, whatever it is written in.
///
/// A record is a JSON value: an element of an array, a line of JSON Lines, an element of `data` or
/// `dialogs` of one object, or a line of a table as an object of texts.
struct AnnotationRecords {
    let path: String
    let bytes: [UInt8]
    private let start: Int

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        start = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    }

    /// A record with its place, or why it cannot be read.
    enum Record {
        case value(JSONValue, location: String)
        case unreadable(String, location: String)
    }

    /// Hands over the records in order.
    ///
    /// Throws: `DatasetError` when the file as a whole is not what it should be
    func forEach(_ body: (Record) -> Void) throws(DatasetError) {
        var reader = JSONReader(bytes, in: start..<bytes.count)
        switch reader.peek() {
        case UInt8(ascii: "[")?: try readArray(&reader, body)
        case UInt8(ascii: "{")?:
            if let (key, values) = wrapped(reader) {
                for (index, value) in values.enumerated() {
                    body(.value(value, location: "\(key) \(index + 1)"))
                }
            } else {
                readLines(body)
            }
        case nil:
            throw DatasetError(
                .malformed, path, "holds no rows",
                hint: "expected a JSON array, JSON Lines or a table")
        default: try readTable(body)
        }
    }

    /// The records of a file that is one object with a list of them.
    private func wrapped(_ reader: JSONReader) -> (key: String, values: [JSONValue])? {
        var reader = reader
        do throws(JSONReader.Failure) {
            guard case .object(let members) = try reader.value() else { return nil }
            try reader.expectEnd()
            for (key, name) in [("dialogs", "dialogue"), ("data", "row")] {
                if case .array(let values)? = members[key] { return (name, values) }
            }
            return nil
        } catch {
            return nil  // JSON Lines, where each line that is wrong is told
        }
    }

    private func readArray(
        _ reader: inout JSONReader, _ body: (Record) -> Void
    ) throws(DatasetError) {
        var count = 0
        do throws(JSONReader.Failure) {
            try reader.elements { value in
                count += 1
                body(.value(value, location: "row \(count)"))
            }
            try reader.expectEnd()
        } catch {
            throw DatasetError(
                .malformed, path,
                "is not valid JSON at line \(error.line), column \(error.column): \(error.detail)",
                hint: "\(count) rows before it could be read")
        }
    }

    private func readLines(_ body: (Record) -> Void) {
        var start: Int = start
        var lineNumber = 0
        while start < bytes.count {
            let end: Int = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            lineNumber += 1
            var reader = JSONReader(bytes, in: start..<end)
            start = end + 1
            guard reader.peek() != nil else { continue }
            let location = "line \(lineNumber)"
            do throws(JSONReader.Failure) {
                let value = try reader.value()
                try reader.expectEnd()
                body(.value(value, location: location))
            } catch {
                body(
                    .unreadable(
                        "is not valid JSON at column \(error.column): \(error.detail)",
                        location: location))
            }
        }
    }

    private func readTable(_ body: (Record) -> Void) throws(DatasetError) {
        var reader = CSVReader(bytes, from: start)
        do throws(CSVReader.Failure) {
            guard let header = try reader.record() else { return }
            let empty = header.fields.map { JSONValue.Member(key: $0, value: .null) }
            guard AnnotationFormat.recognised(empty) != nil else {
                throw CSVReader.Failure(
                    line: header.line,
                    detail: "it begins with neither [ nor {, and as a table its columns would be "
                        + header.fields.joined(separator: ", "))
            }
            while let record = try reader.record() {
                let location = "line \(record.line)"
                guard record.fields.count == header.fields.count else {
                    body(
                        .unreadable(
                            "has \(record.fields.count) fields for \(header.fields.count) columns; "
                                + "expected as many, texts with commas in quotes",
                            location: location))
                    continue
                }
                let members = zip(header.fields, record.fields).map {
                    JSONValue.Member(key: $0, value: .string($1))
                }
                body(.value(.object(members), location: location))
            }
        } catch {
            throw DatasetError(
                .malformed, path,
                "is neither a JSON array nor JSON Lines nor a table that is known: line "
                    + "\(error.line): \(error.detail)",
                hint: "expected UTF-8, and of tables the columns of WebVid (videoid, name), "
                    + "AudioCaps (youtube_id, caption) or Clotho (file_name, caption_1)")
        }
    }
}
