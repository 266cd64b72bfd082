import Files
import Foundation
import Testing

@Suite struct FileLockTests {
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lock-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func oneHolderAtATimeAndNothingIsLeft() throws {
        try Self.withFolder { folder in
            let path = "\(folder)/.lock"
            let first = try #require(try FileLock(path: path))
            #expect(FileLock.holder(of: path) == Int(ProcessInfo.processInfo.processIdentifier))
            #expect(try FileLock(path: path) == nil)
            first.release()
            first.release()
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(FileLock.holder(of: path) == nil)
            #expect(try FileLock(path: path) != nil)
        }
    }

    @Test func whatAKilledProcessLeavesStopsNobody() throws {
        try Self.withFolder { folder in
            let path = "\(folder)/.lock"
            try "99999999\n".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try FileLock(path: path) != nil)
        }
    }

    @Test func aFolderThatIsMissingIsAnError() {
        #expect(throws: FileError.self) { try FileLock(path: "/does/not/exist/.lock") }
    }
}
