import Files
import Foundation
import Testing

@Suite struct KnownDigestsTests {
    /// A moment at which every file of a test has been at rest for long.
    private let later = Date().timeIntervalSince1970 + 3_600

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// The one entry of a folder.
    private func entry(_ folder: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 1)
        return "\(folder)/\(try #require(names.first))"
    }

    /// An entry whose digest tells that it was used, and not the file's content.
    private func mark(_ folder: String) throws -> String {
        let path = try entry(folder)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let facts = try #require(text.split(separator: "\n").first)
        let marked = String(repeating: "0", count: 64)
        try write("\(facts)\n\(marked)\n", to: path)
        return marked
    }

    @Test func aDigestIsKeptUntilTheFileChanges() throws {
        try withTemporaryFolder { folder in
            let (file, kept) = ("\(folder)/weights", "\(folder)/digests")
            let digests = KnownDigests(folder: kept, smallestByteCount: 1)
            try write("abc", to: file)
            let first = try digests.sha256(of: file, now: later)
            #expect(first == SHA256.hexDigest(of: "abc".utf8))
            let marked = try mark(kept)
            #expect(try digests.sha256(of: file, now: later) == marked, "the entry is used")
            #expect(try digests.sha256(of: file) == marked, "at any time")

            // As long as before, in the same place, and the time of its content set back.
            var status = stat()
            #expect(stat(file, &status) == 0)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            try handle.write(contentsOf: Data("xyz".utf8))
            try handle.close()
            let times = [status.st_atim, status.st_mtim]
            #expect(utimensat(AT_FDCWD, file, times, 0) == 0)
            let second = try digests.sha256(of: file, now: later)
            #expect(second == SHA256.hexDigest(of: "xyz".utf8))
            _ = try entry(kept)
        }
    }

    @Test func aFileThatHasJustChangedIsDigestedEachTime() throws {
        try withTemporaryFolder { folder in
            let digests = KnownDigests(folder: "\(folder)/digests", smallestByteCount: 1)
            try write("abc", to: "\(folder)/weights")
            let now = Date().timeIntervalSince1970
            #expect(
                try digests.sha256(of: "\(folder)/weights", now: now)
                    == SHA256.hexDigest(of: "abc".utf8))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/digests"))
        }
    }

    @Test(arguments: ["", "damaged", "1 2 3\nabc\n"])
    func anEntryThatIsDamagedIsMadeAgain(text: String) throws {
        try withTemporaryFolder { folder in
            let (file, kept) = ("\(folder)/weights", "\(folder)/digests")
            let digests = KnownDigests(folder: kept, smallestByteCount: 1)
            try write("abc", to: file)
            let digest = try digests.sha256(of: file, now: later)
            let before = try String(contentsOfFile: try entry(kept), encoding: .utf8)
            try write(text, to: try entry(kept))
            #expect(try digests.sha256(of: file, now: later) == digest)
            #expect(try String(contentsOfFile: try entry(kept), encoding: .utf8) == before)
        }
    }

    @Test func smallFilesAndFoldersThatCannotBeWrittenKeepNothing() throws {
        try withTemporaryFolder { folder in
            try write("abc", to: "\(folder)/weights")
            let digest = SHA256.hexDigest(of: "abc".utf8)
            let large = KnownDigests(folder: "\(folder)/digests", smallestByteCount: 4)
            #expect(try large.sha256(of: "\(folder)/weights", now: later) == digest)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/digests"))
            let nowhere = KnownDigests(folder: "\(folder)/weights/digests", smallestByteCount: 1)
            #expect(try nowhere.sha256(of: "\(folder)/weights", now: later) == digest)
            #expect(throws: FileError.self) { try nowhere.sha256(of: "\(folder)/none") }
        }
    }
}
