import Checkpointing
import Foundation
import Testing

@Suite struct CheckpointFolderTests {
    private static func fill(_ folder: CheckpointFolder, losses: [Double]) throws {
        for (index, loss) in losses.enumerated() {
            let step = 10 * (index + 1)
            try Checkpoint.sample(step: step, loss: loss).write(to: folder.path(forStep: step))
        }
    }

    @Test func lastAndBestAreKept() throws {
        let temporary = try TemporaryFolder()
        let folder = CheckpointFolder(path: temporary.path)
        try Self.fill(folder, losses: [3, 1, .nan, 1, 2])
        #expect(try folder.latest()?.step == 50)
        #expect(try folder.best(by: "validation_loss")?.step == 20)
        let retention = try folder.retain(last: 2, bestBy: "validation_loss")
        #expect(retention.removed == [folder.path(forStep: 10), folder.path(forStep: 30)])
        #expect(retention.unreadable.isEmpty)
        #expect(try folder.entries().map(\.step) == [20, 40, 50])
    }

    @Test func damagedCheckpointsAreReportedAndKept() throws {
        let temporary = try TemporaryFolder()
        let folder = CheckpointFolder(path: temporary.path)
        try Self.fill(folder, losses: [3, 2, 1])
        try write([1, 2, 3], to: folder.path(forStep: 20))
        let retention = try folder.retain(last: 1, bestBy: "validation_loss")
        #expect(retention.unreadable.map(\.subject) == [folder.path(forStep: 20)])
        #expect(try folder.entries().map(\.step) == [20, 30])
        #expect(throws: CheckpointError.self) { try folder.best(by: "validation_loss") }
    }

    @Test func otherFilesAreLeftAlone() throws {
        let temporary = try TemporaryFolder()
        let folder = CheckpointFolder(path: temporary.path)
        try write([1], to: temporary.file("metrics.jsonl"))
        try write([1], to: temporary.file(".step-00000001.h5.partial-1"))
        #expect(try folder.entries().isEmpty)
        #expect(try folder.latest() == nil)
        #expect(try CheckpointFolder(path: temporary.file("none")).entries().isEmpty)
        #expect(folder.path(forStep: 1_234).hasSuffix("/step-00001234.h5"))
    }
}
