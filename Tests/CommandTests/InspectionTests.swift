import Checkpointing
import Foundation
import TestKit
import Testing
import duet

@Suite struct InspectionTests {
    /// A new folder that is removed when the body ends.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func weightsShowNamesTypesAndShapes() throws {
        let found = try Inspection.of(Fixtures.url("weights/llama_tiny.gguf").path)
        guard case .weights(let weights) = found else {
            Issue.record("expected weights")
            return
        }
        #expect(weights.format == "GGUF")
        #expect(weights.tensors.contains { $0.name == "token_embd.weight" })
        #expect(found.text.contains("token_embd.weight"))
    }

    @Test func whatIsNotThereIsSaidSo() {
        let error = #expect(throws: CommandFailure.self) {
            try Inspection.of("/does/not/exist")
        }
        #expect(error?.kind == .inputOutput)
        #expect(error?.description == "/does/not/exist: does not exist; check the path")
    }

    @Test func unknownFilesEndInOneError() throws {
        try withFolder { folder in
            let path = "\(folder)/a.txt"
            try Data("just some text".utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: CommandFailure.self) { try Inspection.of(path) }
            #expect(error?.kind == .data)
            #expect(error?.detail.hasPrefix("is of no known format") == true)
        }
    }

    @Test func aRunShowsItsLosses() throws {
        try withFolder { folder in
            let log = """
                {"step": 1, "loss": 3.0}
                {"step": 2, "loss": 2.0}
                {"step": 2, "validation_loss": 2.5}
                {"step": 3, "lo
                """
            try Data(log.utf8).write(to: URL(fileURLWithPath: "\(folder)/metrics.jsonl"))
            guard case .run(let run) = try Inspection.of(folder) else {
                Issue.record("expected a run")
                return
            }
            #expect(run.losses == [3, 2])
            #expect(run.validationLosses == [2.5])
            #expect(run.text.contains("3.000 → 2.000"))
        }
    }

    @Test func aLedgerIsSummedUpByDataSetAndModality() {
        let ledger = LedgerInspection(
            Checkpoint.Ledger(
                modalities: ["visual", "audio", "audio-visual"],
                counts: ["0/a": [2, 0, 0], "0/b": [1, 0, 3], "1/a": [0, 1, 4]]))
        #expect(
            ledger.lines == [
                .init(dataset: 1, modality: "visual", sampleCount: 2, total: 3, fewest: 1, most: 2),
                .init(
                    dataset: 1, modality: "audio-visual", sampleCount: 1, total: 3, fewest: 3,
                    most: 3),
                .init(dataset: 2, modality: "audio", sampleCount: 1, total: 1, fewest: 1, most: 1),
                .init(
                    dataset: 2, modality: "audio-visual", sampleCount: 1, total: 4, fewest: 4,
                    most: 4),
            ])
        #expect(ledger.samples["0/b"] == ["visual": 1, "audio-visual": 3])
        #expect(ledger.text.contains("       2  audio-visual        1      4       4     4"))
    }

    @Test func aBrokenLogIsNamedByLine() throws {
        try withFolder { folder in
            let log = "{\"step\": 1, \"loss\": 3.0}\nnonsense\n{\"step\": 2}\n"
            try Data(log.utf8).write(to: URL(fileURLWithPath: "\(folder)/metrics.jsonl"))
            let error = #expect(throws: CommandFailure.self) { try Inspection.of(folder) }
            #expect(error?.subject == "\(folder)/metrics.jsonl:2")
        }
    }
}
