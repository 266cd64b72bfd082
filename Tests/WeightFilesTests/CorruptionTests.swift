import Foundation
import Testing
import WeightFiles

/// Every shortened file and many with one wrong byte: a `WeightFileError` or a success, nothing else.
@Suite struct CorruptionTests {
    static let names = [
        "small.safetensors", "small_v2.gguf", "small_v3.gguf", "small_ctranslate2.bin",
        "small_legacy.pth",
    ]

    static func open(_ path: String, as name: String) throws -> any WeightFile {
        switch name {
        case "small.safetensors": try Safetensors(path: path)
        case "small_ctranslate2.bin": try CTranslate2File(path: path)
        case "small_legacy.pth": try LegacyTorchFile(path: path)
        default: try GGUF(path: path)
        }
    }

    /// Whether the file opens and all its tensors can be read or are refused one by one.
    static func isReadable(_ path: String, as name: String) throws -> Bool {
        do {
            let file = try open(path, as: name)
            for tensorName in file.tensorNames where name != "small_ctranslate2.bin" {
                _ = try file.tensor(tensorName).floats()
            }
            return true
        } catch is WeightFileError {
            return false
        }
    }

    @Test(arguments: names)
    func noShortenedFileOpens(name: String) throws {
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        try withFile(bytes) { path in
            #expect(try Self.isReadable(path, as: name))
            var readableCounts: [Int] = []
            for count in bytes.indices.reversed() {
                try #require(truncate(path, count) == 0)
                if try Self.isReadable(path, as: name) { readableCounts.append(count) }
            }
            #expect(readableCounts == [])
        }
    }

    @Test(arguments: names)
    func wrongBytesNeverCrash(name: String) throws {
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        try withFile(bytes) { path in
            let handle = try #require(FileHandle(forUpdatingAtPath: path))
            func put(_ byte: UInt8, at index: Int) throws {
                try handle.seek(toOffset: UInt64(index))
                try handle.write(contentsOf: Data([byte]))
            }
            var refusedCount = 0
            for index in bytes.indices {
                for wrong in [bytes[index] ^ 0x80, index % 2 == 0 ? 0xff : 0] {
                    try put(wrong, at: index)
                    refusedCount += try Self.isReadable(path, as: name) ? 0 : 1
                }
                try put(bytes[index], at: index)
            }
            // Most bytes of these small files describe the tensors; a wrong one rarely fits.
            #expect(refusedCount > bytes.count / 2)
        }
    }
}
