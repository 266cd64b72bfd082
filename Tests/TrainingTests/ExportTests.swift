import Checkpointing
import Foundation
import Interchange
import Models
import Recipes
import Testing
import Training
import WeightFiles

@Suite struct ExportTests {
    private func export(
        _ checkpoint: Checkpoint, _ format: ExportFormat, _ type: StoredType? = nil,
        to folder: String, replacing: Bool = false
    ) async throws -> Proof {
        var exporter = try Exporter(checkpoint, of: "step.h5")
        exporter.shardByteLimit = 30_000
        let probes = try await exporter.probes()
        var proof: Proof?
        _ = try ExportFolder(path: folder, replacesExisting: replacing).write {
            proof = try exporter.write(
                format, type: type ?? format.types[0], to: $0, probes: probes)
        }
        return try #require(proof)
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test(arguments: [
        ("adapter", ["train.lora.patterns=[]"]), ("adapter", ["train.lora.rank_stabilised=true"]),
        ("gguf-adapter", ["train.lora.rank_stabilised=true"]), ("hdf5", []),
        ("merged", ["model.system_prompt=Be kind."]), ("adapter", ["model.projector=mlp2x_gelu"]),
        ("merged", ["model.chat_template=vicuna_v1"]),
        ("adapter", ["train.lora.weight_decomposed=true"]),
        ("hdf5", ["train.lora.weight_decomposed=true"]),
        ("merged", ["train.lora.weight_decomposed=true"]),
        ("adapter", ["train.parameters=['*norm', lm_head]"]),
        ("hdf5", ["train.parameters=['*norm']"]),
        ("merged", ["train.parameters=['*norm']"]),
        ("adapter", ["model.visual.boundary_tokens=true", "model.audio.boundary_tokens=true"]),
        (
            "adapter",
            ["model.visual.boundary_tokens=true", "model.projector=mlp2x_gelu"]
        ),
        ("merged", ["train.parameters=['*']", "train.lora=null"]),
        ("gguf", ["train.parameters=['*']", "train.lora=null"]),
    ])
    func everyFormatIsProvenOnEveryModality(name: String, settings: [String]) async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters(settings)
        let folder = "\(run.folder)/export"
        let format = try #require(ExportFormat(rawValue: name))
        let proof = try await export(checkpoint, format, .float32, to: folder)
        #expect(proof.passed)
        #expect(proof.probes.map(\.probe) == ["text", "visual", "audio", "audio-visual"])
        #expect(proof.probes.allSatisfy { $0.maximumLogitDifference < 1e-4 })
        let found = try names(folder)
        for file in ["README.md", "duet.json", "probes.safetensors", "projectors.safetensors"] {
            #expect(found.contains(file))
        }
        let card = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
        for text in [
            "base_model: language", "## Use", "- trained on `\(run.folder)/train.json`",
            "- steps: 1",
            "- numbers trained in projectors: ", "- validation_loss: ",
            "- sound: hearing, licence as where it comes from; SHA-256 `", "## Recipe",
        ] {
            #expect(card.contains(text), "\(text)")
        }
        let base = "from_pretrained(\n    \"language\", dtype=torch.float32)"
        #expect(card.contains(base) == (format == .adapter))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let kept = try decoder.decode(
            Proof.self, from: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/proof.json")))
        #expect(kept == proof)
    }

    @Test(arguments: ExportFormat.gguf.types)
    func everyTypeOfWeightsIsProven(type: StoredType) async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters()
        let proof = try await export(checkpoint, .gguf, type, to: "\(run.folder)/export")
        #expect(proof.passed && proof.weights == type.rawValue)
        #expect(proof.unexplainedLogitDifference < 1e-4)
        let file = try GGUF(path: "\(run.folder)/export/model.gguf")
        let isCoarse = type == .q4_0 || type == .q4_1
        #expect(try file.tensor("token_embd.weight").type == (isCoarse ? .q8_0 : type))
        #expect(try file.tensor("blk.0.attn_q.weight").type == type)
        #expect(try file.tensor("output_norm.weight").type == .float32)
        // Rows of 48 are no whole number of blocks.
        let isDivided = type.valuesPerBlock == 1
        #expect(
            try file.tensor("blk.0.ffn_down.weight").type == (isDivided ? type : .float16))
        #expect(try file.strings("tokenizer.ggml.tokens").count == 259)
        #expect(try file.string("tokenizer.chat_template").contains("<|im_start|>"))
    }

    @Test func aGGUFBecomesAHuggingFaceFolderAndBack() async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters()
        _ = try await export(checkpoint, .gguf, .float32, to: "\(run.folder)/first")
        let model = "model.language=\(run.folder)/first/model.gguf"
        try await run.train("second", ["train.steps=1", model])
        let proof = try await export(
            try run.checkpoint("second"), .merged, to: "\(run.folder)/second-export")
        #expect(proof.passed)
        let found = try names("\(run.folder)/second-export")
        #expect(found.contains("model.safetensors.index.json"))
        let third = "model.language=\(run.folder)/second-export"
        try await run.train("third", ["train.steps=1", third])
        _ = try await export(
            try run.checkpoint("third"), .gguf, .float32, to: "\(run.folder)/third-export")
        let files = try ["first/model", "third-export/model"].map {
            try GGUF(path: "\(run.folder)/\($0).gguf")
        }
        #expect(
            try files[0].strings("tokenizer.ggml.tokens")
                == files[1].strings("tokenizer.ggml.tokens"))
        let name = "blk.0.attn_k.weight"
        #expect(try files[0].tensor(name).floats() == files[1].tensor(name).floats())
    }

    @Test(arguments: [
        (
            ExportFormat.ggufAdapter, ["train.lora.weight_decomposed=true"],
            "was trained with weight decomposition (DoRA), which adapters for llama.cpp cannot "
                + "express"
        ),
        (
            .ggufAdapter, ["train.parameters=[model.norm]"],
            "has model.norm.weight trained as a whole, which adapters for llama.cpp cannot express"
        ),
        (
            .adapter, ["train.parameters=[model.norm]", "train.lora=null"],
            "has model.norm.weight trained as a whole, which PEFT keeps only beside adapters, of "
                + "maps without one and of embeddings that are not tied"
        ),
        (
            .adapter, ["train.parameters=[model.layers.1.mlp]"],
            "has model.layers.1.mlp.down_proj.weight trained as a whole, which PEFT keeps only "
                + "beside adapters, of maps without one and of embeddings that are not tied"
        ),
    ])
    func whatAFormatHasNoPlaceForIsRefusedWithTheWayOut(
        format: ExportFormat, settings: [String], detail: String
    ) async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters(settings)
        let error = await #expect(throws: InterchangeError.self) {
            _ = try await export(checkpoint, format, to: "\(run.folder)/export")
        }
        #expect(
            error?.description
                == "step.h5: \(detail); export gguf or merged, a model with everything in it")
        #expect(try names(run.folder).allSatisfy { !$0.contains("export") })
    }

    @Test func anotherBaseIsRefusedAndAMissingOneNamed() async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters()
        try TinyModels.writeLanguage(to: "\(run.folder)/language", brokenToken: "~")
        let other = #expect(throws: TrainingError.self) {
            try Exporter(checkpoint, of: "step.h5")
        }
        #expect(other?.subject == "step.h5" && other?.hint == "use the same file, or train anew")
        let digest = try #require(checkpoint.digests["language"])
        let begin = "was trained on another language part (SHA-256 \(digest.prefix(12))…, now "
        #expect(other?.detail.hasPrefix(begin) == true)
        try FileManager.default.removeItem(atPath: "\(run.folder)/language")
        let missing = #expect(throws: TrainingError.self) {
            try Exporter(checkpoint, of: "step.h5")
        }
        #expect(missing?.subject == "\(run.folder)/language")
        #expect(missing?.detail == "is no path and no known pretrained part")
    }

    @Test func aWrongExportIsNotKept() async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters()
        let exporter = try Exporter(checkpoint, of: "step.h5")
        let probes = try await exporter.probes()
        var altered = checkpoint
        let name = try #require(altered.tensors.keys.first { $0.hasSuffix("q_proj.lora_B.weight") })
        let array = try #require(altered.tensors[name])
        altered.tensors[name] = StoredArray(
            shape: array.shape, scalars: array.scalars.map { 1.1 * $0 })
        let wrong = try Exporter(altered, of: "step.h5")
        let target = ExportFolder(path: "\(run.folder)/export", replacesExisting: false)
        let error = #expect(throws: InterchangeError.self) {
            try target.write {
                try wrong.writeWeights(.gguf, .float32, to: $0) {}
                try wrong.writeProjectors(to: $0)
                _ = try exporter.prove(.gguf, .float32, $0, probes) {}
            }
        }
        #expect(error?.kind == .proof)
        #expect(try names(run.folder).allSatisfy { !$0.contains("export") })
    }

    @Test(arguments: ["writing", "reading"])
    func aStoppedExportLeavesNothing(during part: String) async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters()
        let exporter = try Exporter(checkpoint, of: "step.h5")
        let probes = try await exporter.probes()
        let interruption = Interruption()
        let target = ExportFolder(path: "\(run.folder)/export", replacesExisting: false)
        let error = #expect(throws: InterchangeError.self) {
            try target.write {
                _ = try exporter.write(
                    .gguf, type: .float16, to: $0, probes: probes, interruption: interruption
                ) { if $0.hasPrefix(part) { interruption.request() } }
            }
        }
        #expect(error?.kind == .stopped)
        #expect(try names(run.folder).allSatisfy { !$0.contains("export") })
    }
}
