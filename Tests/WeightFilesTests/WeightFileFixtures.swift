import Foundation
import TestKit
import Testing
import WeightFiles

/// The path of a committed weight file.
func fixture(_ name: String) -> String { Fixtures.url("weights/\(name)").path }

/// Runs `body` with the path of a new empty folder and removes it afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("weight-files-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

/// Runs `body` with the path of a file that holds `bytes`.
func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
        let path = "\(folder)/file"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try body(path)
    }
}

/// Expects that `open` refuses a file of `bytes` with an error of `kind` whose detail holds `detail`.
func expectRefusal<Opened>(
    of bytes: [UInt8], _ kind: WeightFileError.Kind, _ detail: String,
    sourceLocation: SourceLocation = #_sourceLocation, open: (String) throws -> Opened
) throws {
    try withFile(bytes) { path in
        let error = #expect(throws: WeightFileError.self, sourceLocation: sourceLocation) {
            _ = try open(path)
        }
        #expect(error?.kind == kind, sourceLocation: sourceLocation)
        #expect(
            error?.detail.contains(detail) == true, "\(String(describing: error))",
            sourceLocation: sourceLocation)
        #expect(error?.description.hasPrefix("\(path): ") == true, sourceLocation: sourceLocation)
    }
}

/// Bytes written one little-endian value after the other.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A 64-bit length and the characters, as in GGUF.
    mutating func longString(_ text: String) {
        integer(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// A 16-bit length that counts a closing NUL, the characters and the NUL, as in CTranslate2.
    mutating func shortString(_ text: String) {
        integer(UInt16(text.utf8.count + 1))
        bytes.append(contentsOf: text.utf8 + [0])
    }
}
