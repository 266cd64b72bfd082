import Foundation
import Testing
import Training

@Suite struct AssetsTests {
    private static func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func aFileNeedsNoTable() throws {
        try Self.withFolder { folder in
            let file = folder.appendingPathComponent("model.gguf").path
            try Data([1]).write(to: URL(fileURLWithPath: file))
            let assets = try Assets(table: folder.appendingPathComponent("none.json").path)
            #expect(try assets.path(of: file) == file)
            let error = #expect(throws: TrainingError.self) { try assets.path(of: "smollm2") }
            #expect(error?.kind == .asset)
            #expect(error?.detail.hasSuffix("none.json, is not here") == true)
        }
    }

    @Test func aDamagedTableIsNotOverlooked() throws {
        try Self.withFolder { folder in
            let table = folder.appendingPathComponent("assets.json")
            try Data("{".utf8).write(to: table)
            let error = #expect(throws: TrainingError.self) { try Assets(table: table.path) }
            #expect(error?.detail == "cannot be read as the table of pretrained parts")
        }
    }
}
