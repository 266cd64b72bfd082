import Foundation
import Interchange
import Testing

@Suite struct ExportFolderTests {
    /// A new folder that is removed when the body ends.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func aFolderAppearsWholeOrNotAtAll() throws {
        try withFolder { folder in
            let target = "\(folder)/out"
            let written = try ExportFolder(path: target, replacesExisting: false).write {
                try Data("one".utf8).write(to: URL(fileURLWithPath: "\($0)/a.txt"))
            }
            #expect(written.map(\.name) == ["a.txt"])
            #expect(written.map(\.byteCount) == [3])
            let refusal = #expect(throws: InterchangeError.self) {
                _ = try ExportFolder(path: target, replacesExisting: false).write { _ in }
            }
            #expect(refusal?.kind == .request)
            #expect(throws: InterchangeError.self) {
                _ = try ExportFolder(path: target, replacesExisting: true).write { _ in
                    throw InterchangeError(.data, "x", "is broken", hint: "mend it")
                }
            }
            let text = try String(contentsOfFile: "\(target)/a.txt", encoding: .utf8)
            #expect(text == "one")
            _ = try ExportFolder(path: target, replacesExisting: true).write {
                try Data("two".utf8).write(to: URL(fileURLWithPath: "\($0)/b.txt"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["b.txt"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out"])
        }
    }
}
