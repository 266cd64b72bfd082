import Foundation
import Layers
import Models
import Tensors
import TestKit
import Testing
import WeightFiles

@Suite struct ModelWritingTests {
    /// Sums of a few dozen Floats in another order.
    static let tolerance = 1e-5

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("model-writing-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func model(_ name: String) throws -> LanguageModelFile {
        try LanguageModelFile(path: Fixtures.url("parity/\(name)").path)
    }

    private func update(
        _ module: String, _ outputs: Int, _ inputs: Int, rank: Int = 2, scale: Double = 0.5
    ) -> LowRankUpdate {
        func values(_ count: Int, _ step: Int) -> [Float] {
            (0..<count).map { Float(($0 * step) % 23) / 23 - 0.5 }
        }
        return LowRankUpdate(
            module: module, a: values(rank * inputs, 7), b: values(outputs * rank, 5), rank: rank,
            scale: scale)
    }

    private func updates(_ configuration: LanguageModelConfiguration) -> [LowRankUpdate] {
        let shapes = Dictionary(
            uniqueKeysWithValues: configuration.parameterShapes.map { ($0.path, $0.shape) })
        return ["self_attn.q_proj", "self_attn.k_proj", "mlp.down_proj"].compactMap { name in
            let module = "model.layers.1.\(name)"
            return shapes["\(module).weight"].map { update(module, $0[0], $0[1]) }
        }
    }

    private func logits(_ file: LanguageModelFile, _ updates: [LowRankUpdate]) throws -> Tensor {
        let model = LayerwiseLanguageModel(
            file.configuration, source: file.weights, updates: updates)
        let layout = SequenceLayout(lengths: [5, 3])
        return try model.logits(
            try model.embeddings(of: [1, 5, 9, 2, 7, 3, 3, 8]), layout: layout)
    }

    private func difference(_ first: Tensor, _ second: Tensor) -> Double {
        zip(first.doubles, second.doubles).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test(arguments: ["llama_tiny", "llama_tied_llama3rope", "qwen2_tiny"])
    func parametersAreListedAsAModelClaimsThem(name: String) throws {
        var configuration = try model(name).configuration
        for hasBiases in [false, true] {
            if configuration.family == .llama {
                configuration.hasAttentionBias = hasBiases
                configuration.hasFeedForwardBias = hasBiases
            }
            let assembly = try Blueprint(source: DictionaryWeights([:]), fresh: ["*"]).assemble {
                try LanguageModel(configuration, at: $0)
            }
            let listed = configuration.parameterShapes.map { "\($0.path) \($0.shape)" }
            #expect(
                listed.sorted() == assembly.parameters.map { "\($0.path) \($0.shape)" }.sorted())
        }
    }

    @Test(arguments: ["llama_tiny", "llama_tied_llama3rope", "qwen2_tiny"])
    func layerByLayerIsTheSameAsTheWholeModel(name: String) throws {
        let file = try model(name)
        let whole = try Blueprint(source: file.weights).assemble {
            try LanguageModel(file.configuration, at: $0)
        }.model
        let expected = withoutGradients {
            whole.logits(
                whole(
                    whole.embeddings(of: [1, 5, 9, 2, 7, 3, 3, 8]),
                    layout: SequenceLayout(lengths: [5, 3])))
        }
        #expect(difference(try logits(file, []), expected) < Self.tolerance)
    }

    @Test(arguments: ["llama_tiny", "llama_tied_llama3rope", "qwen2_tiny"])
    func mergedModelsComputeWhatAdaptedOnesDo(name: String) throws {
        let file = try model(name)
        let updates = updates(file.configuration)
        let expected = try logits(file, updates)
        #expect(difference(try logits(file, []), expected) > 0.1)
        try withFolder { folder in
            let fields = try file.configuration.huggingFaceFields()
            try JSONSerialization.data(withJSONObject: fields)
                .write(to: URL(fileURLWithPath: "\(folder)/config.json"))
            try SafetensorsWriter.writeModel(
                try file.huggingFaceTensors(type: .float32, updates: updates), to: folder)
            let merged = try LanguageModelFile(path: folder)
            #expect(merged.configuration == file.configuration)
            #expect(difference(try logits(merged, []), expected) < Self.tolerance)

            try GGUFWriter.write(
                metadata: [
                    ("general.architecture", .string(file.configuration.family.rawValue))
                ]
                    + file.configuration.ggufMetadata,
                tensors: try file.ggufTensors(type: .float32, updates: updates),
                to: "\(folder)/x.gguf")
            let gguf = try LanguageModelFile(path: "\(folder)/x.gguf")
            #expect(gguf.configuration.family == file.configuration.family)
            #expect(difference(try logits(gguf, []), expected) < Self.tolerance)

            // And back from GGUF, rotary divisors included.
            let again = try gguf.huggingFaceTensors(type: .float32, updates: [])
            try SafetensorsWriter.writeModel(again, to: folder)
            let direct = try WeightFiles.open(folder).tensor(
                "model.layers.1.self_attn.q_proj.weight")
            let source = try merged.file.tensor("model.layers.1.self_attn.q_proj.weight")
            #expect(try direct.floats() == source.floats())
        }
    }

    @Test func ggufTensorsAreThoseOfTheReferenceConverter() throws {
        let golden = try GGUF(path: Fixtures.url("weights/llama_tiny.gguf").path)
        let file = try LanguageModelFile(path: golden.path)
        try withFolder { folder in
            let fields = try file.configuration.huggingFaceFields()
            try JSONSerialization.data(withJSONObject: fields)
                .write(to: URL(fileURLWithPath: "\(folder)/config.json"))
            try SafetensorsWriter.writeModel(
                try file.huggingFaceTensors(type: .float32, updates: []), to: folder)
            try GGUFWriter.write(
                metadata: [],
                tensors: try LanguageModelFile(path: folder)
                    .ggufTensors(type: .float32, updates: []), to: "\(folder)/x.gguf")
            let written = try GGUF(path: "\(folder)/x.gguf")
            #expect(written.tensorNames.sorted() == golden.tensorNames.sorted())
            for name in golden.tensorNames {
                let (own, other) = (try written.tensor(name), try golden.tensor(name))
                #expect(own.shape == other.shape)
                #expect(try own.floats() == other.floats(), "\(name)")
            }
        }
    }

    @Test func adaptersForLlamaCppKeepTheirScales() throws {
        let file = try model("llama_tiny")
        var all = updates(file.configuration)
        // As rank-stabilised adapters of two ranks have them: alpha 4 over √2 and over √8.
        all[0] = update(all[0].module, all[0].outputs, all[0].inputs, scale: 4 / 2.0.squareRoot())
        all[1] = update(
            all[1].module, all[1].outputs, all[1].inputs, rank: 8, scale: 4 / 8.0.squareRoot())
        try withFolder { folder in
            try GGUFAdapterFile.write(
                all, of: file.configuration, name: "x", to: "\(folder)/a.gguf")
            let gguf = try GGUF(path: "\(folder)/a.gguf")
            #expect(try gguf.string("general.type") == "adapter")
            let alpha = try gguf.number("adapter.lora.alpha")
            #expect(abs(alpha - 4 * 2.0.squareRoot()) < 1e-6)
            let name = "blk.1.attn_q.weight.lora_b"
            let rows = try gguf.tensor(name).floats()
            #expect(
                rows
                    == RowInterleaving.interleaved(
                        all[0].b, headCount: file.configuration.queryHeadCount,
                        rowCount: all[0].outputs))
            let back = try GGUFAdapterFile.read(gguf, of: file.configuration)
            #expect(Set(back.map(\.module)) == Set(all.map(\.module)))
            let expected = try logits(file, all)
            #expect(difference(try logits(file, back), expected) < 1e-4)
        }
    }

    @Test func interleavingIsUndone() {
        let rows = (0..<48).map { Float($0) }
        let stored = RowInterleaving.interleaved(rows, headCount: 2, rowCount: 16)
        #expect(Array(stored[0..<6]) == [0, 1, 2, 12, 13, 14])
        #expect(RowInterleaving.separated(stored, headCount: 2, rowCount: 16) == rows)
    }
}
