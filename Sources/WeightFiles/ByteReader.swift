import Files

/// Reads little-endian values one after the other; lives only inside `MappedFile.withBytes`.
struct ByteReader {
    let path: String
    private(set) var position: Int
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer, path: String, position: Int = 0) {
        self.bytes = bytes
        self.path = path
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    /// The next `count` bytes; `what` names them in the error.
    mutating func take(
        _ count: some BinaryInteger, _ what: @autoclosure () -> String
    ) throws -> UnsafeRawBufferPointer {
        guard let count = Int(exactly: count), count >= 0, count <= remaining else {
            throw WeightFileError(
                .truncated, path,
                "\(what()) at byte \(position) takes \(count) bytes and the file ends after "
                    + "\(remaining)")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ what: @autoclosure () -> String
    ) throws -> Value {
        let bytes = try take(MemoryLayout<Value>.size, what())
        return Value(littleEndian: bytes.loadUnaligned(as: Value.self))
    }

    mutating func string(
        _ count: some BinaryInteger, _ what: @autoclosure () -> String
    ) throws -> String {
        let start = position
        guard let text = String(validating: try take(count, what()), as: UTF8.self) else {
            throw WeightFileError(.malformed, path, "\(what()) at byte \(start) is not UTF-8")
        }
        return text
    }

    /// The bytes before the next newline, which is skipped; at most `limit`.
    mutating func line(limit: Int, _ what: @autoclosure () -> String) throws -> String {
        let rest = bytes[position...].prefix(limit)
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw WeightFileError(
                .malformed, path, "\(what()) at byte \(position) does not end")
        }
        let text = try string(end - position, what())
        position += 1
        return text
    }

    /// Throws: `WeightFileError` unless `count` elements of at least `size` bytes can follow.
    func requireRoom(
        for count: some BinaryInteger, ofAtLeast size: Int, _ what: @autoclosure () -> String
    ) throws -> Int {
        guard let count = Int(exactly: count), count >= 0, count <= remaining / size else {
            throw WeightFileError(
                .truncated, path,
                "\(count) \(what()) are announced at byte \(position) and the file ends after "
                    + "\(remaining) bytes")
        }
        return count
    }
}

extension MappedFile {
    /// Maps the file of weights at `path`.
    ///
    /// Throws: `WeightFileError` when the system cannot.
    convenience init(weightsAt path: String) throws {
        do {
            try self.init(path: path)
        } catch let error as FileError {
            throw WeightFileError(
                .unreadable, error.subject, error.detail, hint: error.hint, cause: error)
        }
    }

    /// Reads the file from its start.
    func read<Result>(_ body: (inout ByteReader) throws -> Result) throws -> Result {
        try withBytes { bytes in
            var reader = ByteReader(bytes, path: path)
            return try body(&reader)
        }
    }
}
