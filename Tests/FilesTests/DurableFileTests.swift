import Files
import Foundation
import Testing

@Suite struct DurableFileTests {
    struct Interrupted: Error {}

    @Test func whatIsWrittenCanBeRead() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write("first", to: "\(folder)/note")
            try DurableFile.write("second", to: "\(folder)/note")
            #expect(try String(contentsOfFile: "\(folder)/note", encoding: .utf8) == "second")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["note"])
        }
    }

    @Test func aFailedWriteLeavesThePreviousFileAndNothingElse() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write("kept", to: "\(folder)/note")
            #expect(throws: Interrupted.self) {
                try DurableFile.write(to: "\(folder)/note") { partial in
                    try Data("half".utf8).write(to: URL(fileURLWithPath: partial))
                    throw Interrupted()
                }
            }
            #expect(try String(contentsOfFile: "\(folder)/note", encoding: .utf8) == "kept")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["note"])
        }
    }

    @Test func theTemporaryFileIsHiddenBesideTheTarget() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write(to: "\(folder)/note") { partial in
                #expect(partial.hasPrefix("\(folder)/.note.partial-"))
                try Data().write(to: URL(fileURLWithPath: partial))
            }
        }
    }

    @Test func aMissingFolderIsNamed() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/absent/note"
            let error = #expect(throws: FileError.self) { try DurableFile.write("x", to: path) }
            #expect(error?.kind == .missing)
            #expect(
                error?.description
                    == "\(path): cannot create the file: no such file or directory; check the path")
        }
    }

    @Test func aFullDiskIsAnErrorOfItsOwn() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        let error = #expect(throws: FileError.self) {
            try [UInt8](repeating: 0, count: 8).withUnsafeBytes { bytes in
                try DurableFile.writeAll(bytes, to: descriptor, reportedAs: "checkpoint")
            }
        }
        #expect(error?.kind == .noSpace)
    }

    @Test func aBodyThatWritesNothingIsAnError() throws {
        try withTemporaryFolder { folder in
            let error = #expect(throws: FileError.self) {
                try DurableFile.write(to: "\(folder)/note") { _ in }
            }
            #expect(error?.kind == .missing)
        }
    }
}
