import Files
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
                try Data("{}".utf8).write(to: URL(fileURLWithPath: "\($0)/duet.json"))
            }
            #expect(written.map(\.name) == ["a.txt", "duet.json"])
            #expect(written.map(\.byteCount) == [3, 2])
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

    @Test func onlyExportsAndEmptyFoldersAreReplaced() throws {
        try withFolder { folder in
            let files = FileManager.default
            try files.createDirectory(
                atPath: "\(folder)/home/work", withIntermediateDirectories: true)
            try Data("text".utf8).write(to: URL(fileURLWithPath: "\(folder)/file"))
            for name in ["home", "file"] {
                let target = ExportFolder(path: "\(folder)/\(name)", replacesExisting: true)
                let error = #expect(throws: InterchangeError.self) {
                    _ = try target.write { _ in Issue.record("nothing is to be written") }
                }
                #expect(error?.kind == .request)
                #expect(error?.detail.contains("is no export, as it has no duet.json") == true)
            }
            #expect(files.fileExists(atPath: "\(folder)/home/work"))
            _ = try ExportFolder(path: "\(folder)/home/work", replacesExisting: true).write {
                try Data("new".utf8).write(to: URL(fileURLWithPath: "\($0)/new.txt"))
            }
            #expect(try files.contentsOfDirectory(atPath: "\(folder)/home/work") == ["new.txt"])
        }
    }

    @Test func foldersMadeForAFailedExportAreRemoved() throws {
        try withFolder { folder in
            let target = ExportFolder(path: "\(folder)/a/b/c", replacesExisting: false)
            let error = #expect(throws: InterchangeError.self) {
                _ = try target.write { partial in
                    try DurableFile.write("", to: "\(partial)/missing/.x.h5.partial-1")
                }
            }
            #expect(error?.subject == "\(folder)/a/b/c/missing/x.h5")
            #expect(error?.kind == .storage)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    @Test func whatADeadProcessLeftIsRemoved() throws {
        try withFolder { folder in
            // No process has the largest number.
            for name in [".out.partial-\(Int32.max)", ".out.partial-\(getppid())"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            _ = try ExportFolder(path: "\(folder)/out", replacesExisting: false).write { _ in }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                    == [".out.partial-\(getppid())", "out"])
        }
    }
}
