import Checkpointing
import Files
import Foundation
import Testing

@Suite struct CheckpointTests {
    @Test func readGivesBackWhatWasWritten() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        var checkpoint = Checkpoint.sample()
        try checkpoint.write(to: path)
        #expect(try Checkpoint.read(from: path) == checkpoint)
        checkpoint.progress.window = nil
        checkpoint.tensors["scalar"] = StoredArray(shape: [], scalars: [3])
        checkpoint.tensors["empty"] = StoredArray(shape: [0, 4], scalars: [])
        checkpoint.ledger = Checkpoint.Ledger()
        checkpoint.recipe = ""
        checkpoint.createdBy = ""
        try checkpoint.write(to: path)
        #expect(try Checkpoint.read(from: path) == checkpoint)
        #expect(try folder.names() == ["a.h5"])
    }

    @Test func equalCheckpointsGiveEqualBytes() throws {
        let folder = try TemporaryFolder()
        try Checkpoint.sample().write(to: folder.file("a.h5"))
        try Checkpoint.sample().write(to: folder.file("b.h5"))
        #expect(try bytes(of: folder.file("a.h5")) == bytes(of: folder.file("b.h5")))
    }

    @Test func summaryTellsAllButTheNumbers() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        try Checkpoint.sample().write(to: path)
        let summary = try Checkpoint.summary(of: path)
        #expect(summary.step == 12)
        #expect(summary.epoch == 1)
        #expect(summary.hasWindow)
        #expect(summary.parameterCount == 72)
        #expect(summary.recipe == Checkpoint.sample().recipe)
        #expect(summary.metrics == Checkpoint.sample().metrics)
        #expect(summary.modalityTokens == ["visual": "<image>", "audio": "<audio>"])
        #expect(summary.random["seed"] == .max)
        #expect(summary.contentDigest.count == 64)
        #expect(try summary.byteCount == bytes(of: path).count)
    }

    @Test func specialNumbersSurvive() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let numbers: [Float] = [.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        var checkpoint = Checkpoint.sample()
        checkpoint.tensors = ["x": StoredArray(numbers)]
        checkpoint.metrics = ["validation_loss": .nan]
        try checkpoint.write(to: path)
        let read = try Checkpoint.read(from: path)
        #expect(read.tensors["x"]?.scalars.map(\.bitPattern) == numbers.map(\.bitPattern))
        #expect(read.metrics["validation_loss"]?.isNaN == true)
    }

    @Test func fullDiskLeavesThePreviousFileIntact() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        try Checkpoint.sample().write(to: path)
        let before = try bytes(of: path)
        await #expect(processExitsWith: .success) { [path = path as String] in
            // The largest file this process may write; beyond it, writing fails as on a full disk.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 40_000, rlim_max: 40_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            var large = Checkpoint.sample()
            large.tensors["large"] = StoredArray([Float](repeating: 1, count: 50_000))
            let error = #expect(throws: CheckpointError.self) { try large.write(to: path) }
            #expect(error?.kind == .unwritable)
            #expect(error?.subject == path)
            #expect(error?.cause == "file too large")
            // The library must be usable after the failure.
            let previous = try Checkpoint.read(from: path)
            #expect(previous == Checkpoint.sample())
        }
        #expect(try bytes(of: path) == before)
        #expect(try folder.names() == ["a.h5"])
    }

    @Test func missingFolderIsAnError() throws {
        let error = #expect(throws: CheckpointError.self) {
            try Checkpoint.sample().write(to: "/nonexistent/a.h5")
        }
        #expect(error?.kind == .unwritable)
        let missing = #expect(throws: CheckpointError.self) {
            try Checkpoint.read(from: "/nonexistent/a.h5")
        }
        #expect(missing?.kind == .unreadable)
    }

    @Test func namesAndTextsThatCannotBeStoredAreErrors() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        for name in ["", ".", "a/b", "a\0b", String(repeating: "x", count: 2_000)] {
            var checkpoint = Checkpoint.sample()
            checkpoint.tensors[name] = StoredArray([1])
            let error = #expect(throws: CheckpointError.self) { try checkpoint.write(to: path) }
            #expect(error?.kind == .invalid)
        }
        var checkpoint = Checkpoint.sample()
        checkpoint.createdBy = String(repeating: "x", count: 70_000)
        #expect(throws: CheckpointError.self) { try checkpoint.write(to: path) }
        checkpoint = .sample()
        checkpoint.ledger.counts["a"] = [1]
        #expect(throws: CheckpointError.self) { try checkpoint.write(to: path) }
        #expect(try folder.names().isEmpty)
    }
}
