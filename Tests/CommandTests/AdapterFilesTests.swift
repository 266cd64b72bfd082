import Checkpointing
import Foundation
import Interchange
import Testing
import WeightFiles

@Suite struct AdapterFilesTests {
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
        let tensors = names.map { name -> (String, StoredArray<Float>) in
            // Ranks are the short side: 1 in the layers that the patterns below name.
            let rank = recipe.contains("patterns") && name.contains("layers.1") ? 1 : 2
            let shape = name.contains("lora_B") ? [6 / rank, rank] : [rank, 6 / rank]
            return (name, StoredArray(shape: shape, scalars: [1, 2, 3, 4, 5, 6]))
        }
        return Checkpoint(
            tensors: Dictionary(uniqueKeysWithValues: tensors),
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
        let parts = try TrainedParts(
            checkpoint(
                modules.flatMap { ["\($0).lora_A.weight", "\($0).lora_B.weight"] }, recipe: recipe),
            of: "a.h5")
        try withFolder { folder in
            try AdapterFiles.write(parts, to: folder)
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
        let parts = try TrainedParts(
            checkpoint([
                "\(module).lora_A.weight", "\(module).lora_B.weight", "model.mm_projector.weight",
            ]), of: "a.h5")
        try withFolder { folder in
            try AdapterFiles.write(parts, to: folder)
            try AdapterFiles.writeProjectors(parts, to: folder)
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
            let parts = try TrainedParts(checkpoint(["model.mm_projector_a.bias"]), of: "a.h5")
            try AdapterFiles.write(parts, to: folder)
            try AdapterFiles.writeProjectors(parts, to: folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["projectors.safetensors"])
        }
    }

    @Test func checkpointsWithoutTrainedPartsAreRefused() {
        #expect(throws: InterchangeError.self) {
            try TrainedParts(checkpoint([]), of: "a.h5")
        }
        let error = #expect(throws: InterchangeError.self) {
            try TrainedParts(checkpoint(["something.else"]), of: "a.h5")
        }
        #expect(error?.detail.contains("something.else") == true)
        #expect(throws: InterchangeError.self) {
            try TrainedParts(
                checkpoint(["model.layers.0.self_attn.q_proj.lora_A.weight"]), of: "a.h5")
        }
    }
}
