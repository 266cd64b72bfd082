import Checkpointing
import Foundation
import Testing
import WeightFiles
import duet

@Suite struct ExportTests {
    private static let recipe = """
        name: tiny
        model:
          language: some-model
          visual: {encoder: eye, frames: 1, grid: [1, 1], tokens: [video]}
        data:
          train: [{file: rows.json}]
          batch: {visual: 1}
        train:
          steps: 1
          lora: {rank: 2, alpha: 4, targets: [v_proj, q_proj]}
        optimizer: {learning_rate: 1e-3}
        """

    private func checkpoint(_ names: [String], recipe: String = Self.recipe) -> Checkpoint {
        let array = StoredArray<Float>(shape: [2, 3], scalars: [1, 2, 3, 4, 5, 6])
        return Checkpoint(
            tensors: Dictionary(uniqueKeysWithValues: names.map { ($0, array) }),
            optimizer: .init(steps: [:], firstMoments: [:], secondMoments: [:]),
            progress: .init(step: 7, epoch: 0, position: 7), random: [:], recipe: recipe,
            digests: ["language": "abc"], ledger: .init(), metrics: [:], modalityTokens: [:],
            createdBy: "test", wallTimeSeconds: 0)
    }

    /// A new folder that is removed when the body ends.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func exceptionsAreExportedByWholePaths() throws {
        let pattern = "patterns: [{match: 'layers\\.1', rank: 1}, {match: v_proj, alpha: 3}]"
        let recipe = Self.recipe.replacingOccurrences(
            of: "targets:", with: "\(pattern), targets:")
        let modules = [0, 1].flatMap { layer in
            ["q_proj", "v_proj"].map { "model.layers.\(layer).self_attn.\($0)" }
        }
        let export = try AdapterExport(
            checkpoint(modules.map { "\($0).lora_A.weight" }, recipe: recipe), of: "a.h5")
        try withFolder { folder in
            try export.write(to: folder)
            let data = try Data(
                contentsOf: URL(fileURLWithPath: "\(folder)/adapter_config.json"))
            let fields = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect(fields["rank_pattern"] as? [String: Int] == [modules[2]: 1, modules[3]: 1])
            #expect(fields["alpha_pattern"] as? [String: Int] == [modules[1]: 3, modules[3]: 3])
        }
    }

    @Test func adaptersHaveTheNamesAndTheConfigurationOfPEFT() throws {
        let module = "model.layers.0.self_attn.q_proj"
        let export = try AdapterExport(
            checkpoint([
                "\(module).lora_A.weight", "\(module).lora_B.weight", "model.mm_projector.weight",
            ]), of: "a.h5")
        try withFolder { folder in
            try export.write(to: folder)
            let adapter = try Safetensors(path: "\(folder)/adapter_model.safetensors")
            #expect(
                adapter.tensorNames == [
                    "base_model.model.\(module).lora_A.weight",
                    "base_model.model.\(module).lora_B.weight",
                ])
            let values = try adapter.tensor(adapter.tensorNames[0]).floats()
            #expect(values == [1, 2, 3, 4, 5, 6])
            let projectors = try Safetensors(path: "\(folder)/projectors.safetensors")
            #expect(projectors.tensorNames == ["model.mm_projector.weight"])
            let text = try String(
                contentsOfFile: "\(folder)/adapter_config.json", encoding: .utf8)
            let fields = try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(fields["target_modules"] as? [String] == ["q_proj", "v_proj"])
            #expect(fields["r"] as? Int == 2)
            #expect(fields["lora_alpha"] as? Int == 4)
            #expect(fields["layers_to_transform"] is NSNull)
            #expect(fields.count == 20)
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
            #expect(lines == lines.sorted())
        }
    }

    @Test func withoutAdaptersThereAreOnlyProjectors() throws {
        try withFolder { folder in
            try AdapterExport(checkpoint(["model.mm_projector_a.bias"]), of: "a.h5").write(
                to: folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["duet.json", "projectors.safetensors"])
        }
    }

    @Test func checkpointsWithoutTrainedPartsAreRefused() {
        #expect(throws: CommandFailure.self) {
            try AdapterExport(checkpoint([]), of: "a.h5")
        }
        #expect(throws: CommandFailure.self) {
            try AdapterExport(checkpoint(["something.else"]), of: "a.h5")
        }
    }

    @Test func aFolderAppearsWholeOrNotAtAll() throws {
        try withFolder { folder in
            let target = "\(folder)/out"
            let written = try ExportFolder(path: target, replacesExisting: false).write {
                try Data("one".utf8).write(to: URL(fileURLWithPath: "\($0)/a.txt"))
            }
            #expect(written.map(\.name) == ["a.txt"])
            #expect(written.map(\.byteCount) == [3])
            let refusal = #expect(throws: CommandFailure.self) {
                _ = try ExportFolder(path: target, replacesExisting: false).write { _ in }
            }
            #expect(refusal?.kind == .usage)
            #expect(throws: CommandFailure.self) {
                _ = try ExportFolder(path: target, replacesExisting: true).write { _ in
                    throw CommandFailure(.data, "x", "is broken", hint: "mend it")
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
