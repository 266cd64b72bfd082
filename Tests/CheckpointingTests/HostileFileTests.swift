import Checkpointing
import Foundation
import Testing

@Suite struct HostileFileTests {
    @Test func everyCutIsAnError() throws {
        let folder = try TemporaryFolder()
        let (whole, path) = (folder.file("a.h5"), folder.file("cut.h5"))
        try Checkpoint.sample().write(to: whole)
        let content = try bytes(of: whole)
        for count in stride(from: 0, to: content.count, by: 997) {
            try write(Array(content.prefix(count)), to: path)
            let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(from: path) }
            #expect(error?.kind == .damaged)
        }
    }

    @Test func changedBytesNeverGiveChangedNumbers() throws {
        let folder = try TemporaryFolder()
        let (whole, path) = (folder.file("a.h5"), folder.file("changed.h5"))
        try Checkpoint.sample().write(to: whole)
        let content = try bytes(of: whole)
        var generator = SplitMix(state: 7)
        for _ in 0..<60 {
            var changed = content
            let position = Int.random(in: 0..<changed.count, using: &generator)
            changed[position] ^= UInt8.random(in: 1...255, using: &generator)
            try write(changed, to: path)
            do throws(CheckpointError) {
                // A byte that holds nothing may change.
                #expect(try Checkpoint.read(from: path) == .sample())
            } catch {
                #expect(error.subject.hasPrefix(path))
                #expect(!error.hint.isEmpty)
            }
        }
    }

    @Test func otherFilesAreErrors() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        var generator = SplitMix(state: 3)
        let noise = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
        for content in [[], noise, signature, signature + noise, signature + [2, 8, 8] + noise] {
            try write(content, to: path)
            #expect(throws: CheckpointError.self) { try Checkpoint.read(from: path) }
        }
        #expect(throws: CheckpointError.self) { try Checkpoint.read(from: folder.path) }
        #expect(throws: CheckpointError.self) { try Checkpoint.read(from: "/dev/zero") }
    }

    @Test func otherHDF5FilesAreNotCheckpoints() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let file = try HDF5File.create(path)
        try file.write(StoredArray<Float>([1, 2]), to: "x")
        try file.close()
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(from: path) }
        #expect(error?.kind == .unsupported)
    }

    @Test func laterFormatVersionsAreRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let file = try HDF5File.create(path)
        try file.write(.text("duet-checkpoint"), attribute: "format", of: "/")
        try file.write(.integer(2), attribute: "format_version", of: "/")
        try file.close()
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(from: path) }
        #expect(error?.description.contains("format version 2; 1 was expected") == true)
    }

    @Test func missingMembersAreNamed() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let file = try HDF5File.create(path)
        try file.write(.text("duet-checkpoint"), attribute: "format", of: "/")
        try file.write(.integer(1), attribute: "format_version", of: "/")
        try file.write(.text("x"), attribute: "created_by", of: "/")
        try file.write(.number(1), attribute: "wall_time_seconds", of: "/")
        try file.close()
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.summary(of: path) }
        #expect(error?.kind == .missing)
        #expect(error?.subject == "\(path): optimizer")
    }
}
