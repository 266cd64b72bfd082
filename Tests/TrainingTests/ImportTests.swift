import Checkpointing
import Foundation
import Interchange
import Models
import Recipes
import Testing
import Training
import WeightFiles

@Suite struct ImportTests {
    private func export(
        _ checkpoint: Checkpoint, _ format: ExportFormat, to folder: String, replacing: Bool = false
    ) async throws {
        let exporter = try Exporter(checkpoint, of: "step.h5")
        let probes = try await exporter.probes()
        _ = try ExportFolder(path: folder, replacesExisting: replacing).write {
            _ = try exporter.write(format, type: .float32, to: $0, probes: probes)
        }
    }

    /// A run of one step with large adapters, and its checkpoint, exported.
    private func exported(
        _ format: ExportFormat, _ settings: [String] = []
    ) async throws -> (run: TinyRun, checkpoint: Checkpoint) {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters(settings)
        try await export(checkpoint, format, to: run.exportFolder)
        return (run, checkpoint)
    }

    @Test(arguments: [
        "train.lora.rank_stabilised=true", "train.lora.weight_decomposed=true",
        "train.parameters=['*norm']", "model.audio.boundary_tokens=true",
        "model.projector=mlp2x_gelu",
    ])
    func anExportIsImportedBitForBit(setting: String) async throws {
        let (run, checkpoint) = try await exported(.adapter, [setting])
        let folder = run.exportFolder
        let importer = try Importer(folder: folder, projectors: nil, recipe: nil)
        let imported = try importer.checkpoint()
        #expect(imported.tensors == checkpoint.tensors)
        #expect(imported.recipe == checkpoint.recipe)
        let path = try importer.write(imported, to: RunFolder(path: "\(run.folder)/imported"))
        try await export(try Checkpoint.read(from: path), .adapter, to: "\(run.folder)/again")
        for file in ["adapter_model.safetensors", "projectors.safetensors", "adapter_config.json"] {
            let data = try [folder, "\(run.folder)/again"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\($0)/\(file)"))
            }
            #expect(data[0] == data[1], "\(file)")
        }
        try await run.train(
            "continued",
            ["train.steps=1", setting, "start_from=\(run.folder)/imported"])
    }

    @Test(arguments: ["train.lora.rank_stabilised=true", "train.parameters=['*norm']"])
    func theFileOfEverythingIsImportedBitForBit(setting: String) async throws {
        let (run, checkpoint) = try await exported(.hdf5, [setting])
        let folder = run.exportFolder
        let imported = try Importer(folder: folder, projectors: nil, recipe: nil).checkpoint()
        #expect(imported.tensors == checkpoint.tensors)
        #expect(imported.recipe == checkpoint.recipe)
    }

    @Test(arguments: [(ExportFormat.merged, ""), (.gguf, "/model.gguf")])
    func ofAMergedModelTheProjectorsAreImported(format: ExportFormat, file: String) async throws {
        let (run, checkpoint) = try await exported(format)
        let folder = run.exportFolder
        let importer = try Importer(folder: folder, projectors: nil, recipe: nil)
        let imported = try importer.checkpoint()
        let projectors = checkpoint.tensors.filter { $0.key.contains("mm_projector") }
        #expect(imported.tensors == projectors && importer.newProjectors.isEmpty)
        let recipe = try Recipe(yaml: imported.recipe, file: "imported")
        #expect(recipe.model.language == folder + file)
        #expect(recipe.train.lora == nil)
        try await export(imported, .hdf5, to: "\(run.folder)/again")
        let base = try run.recipe("base", ["train.lora=null"])
        let error = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: nil, recipe: base)
        }
        #expect(error?.subject == "model.language")
    }

    @Test func anExportIsNotImportedWithoutItsAdapters() async throws {
        let (run, checkpoint) = try await exported(.ggufAdapter, ["train.lora.patterns=[]"])
        let folder = run.exportFolder
        let refusal = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: nil, recipe: nil)
        }
        #expect(refusal?.hint == "import an export of the same checkpoint as adapter or hdf5")
        try await export(checkpoint, .adapter, to: folder, replacing: true)
        try FileManager.default.removeItem(atPath: "\(folder)/adapter_config.json")
        let loss = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: nil, recipe: nil)
        }
        #expect(loss?.detail == "has lost the adapters that its duet.json tells of")
    }

    @Test func aForeignAdapterNeedsNoProjectors() async throws {
        let run = try await exported(.adapter).run
        let folder = run.exportFolder
        let own = #expect(throws: InterchangeError.self) {
            try FileManager.default.removeItem(atPath: "\(folder)/projectors.safetensors")
            _ = try Importer(folder: folder, projectors: nil, recipe: nil)
        }
        #expect(own?.detail.contains("model.mm_projector.weight is missing") == true)
        try FileManager.default.removeItem(atPath: "\(folder)/duet.json")
        let importer = try Importer(folder: folder, projectors: nil, recipe: run.recipe("bare"))
        #expect(importer.newProjectors == ["mm_projector", "mm_projector_a"])
        _ = try importer.write(
            try importer.checkpoint(), to: RunFolder(path: "\(run.folder)/imported"))
        try await run.train("continued", ["train.steps=1", "start_from=\(run.folder)/imported"])
        let names = try run.checkpoint("continued").tensors.keys
        #expect(names.contains("model.mm_projector_a.weight"))
    }

    @Test(arguments: ["rank_stabilised", "weight_decomposed"])
    func aForeignAdapterBringsItsOwnSettings(variant: String) async throws {
        let (run, checkpoint) = try await exported(.adapter, ["train.lora.\(variant)=true"])
        let folder = run.exportFolder
        for name in ["duet.json", "projectors_as_trained.safetensors"] {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        let homeless = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: nil, recipe: nil)
        }
        #expect(homeless?.hint.contains("--recipe") == true)
        let bare = try run.recipe("bare", ["train.lora=null"])
        let imported = try Importer(folder: folder, projectors: nil, recipe: bare).checkpoint()
        let factors = checkpoint.tensors.filter { $0.key.contains("lora_") }
        #expect(imported.tensors.filter { $0.key.contains("lora_") } == factors)
        let parts = try TrainedParts(imported, of: "x")
        #expect(
            parts.updates.map(\.scale)
                == (try TrainedParts(checkpoint, of: "x")).updates.map(\.scale))
        let other = try run.recipe("other", ["train.lora.alpha=3"])
        let error = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: nil, recipe: other)
        }
        #expect(error?.subject == "train.lora")
    }

    @Test func projectorsOfAnotherShapeAreRefused() async throws {
        let run = try await exported(.adapter).run
        let folder = run.exportFolder
        try SafetensorsWriter.write(
            tensors: [("mm_projector.1.weight", [1, 1], [0])], to: "\(run.folder)/p.safetensors")
        let error = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: "\(run.folder)/p.safetensors", recipe: nil)
        }
        #expect(error?.detail.contains("mm_projector.1.weight") == true)
        try SafetensorsWriter.write(
            tensors: [("mm_projector.0.weight", [1, 1], [0])], to: "\(run.folder)/m.safetensors")
        let other = #expect(throws: InterchangeError.self) {
            try Importer(folder: folder, projectors: "\(run.folder)/m.safetensors", recipe: nil)
        }
        #expect(other?.detail.contains("its projector is mlp2x_gelu") == true)
        // A zip archive, as torch.save makes them.
        try Data([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            .write(to: URL(fileURLWithPath: "\(run.folder)/mm_projector.bin"))
        let zip = #expect(throws: WeightFileError.self) {
            try Importer(folder: folder, projectors: "\(run.folder)/mm_projector.bin", recipe: nil)
        }
        #expect(zip?.subject == "\(run.folder)/mm_projector.bin")
        #expect(zip?.hint.contains("safetensors.torch.save_file") == true)
    }
}

extension TinyRun {
    /// Where a test exports to.
    fileprivate var exportFolder: String { "\(folder)/export" }
}
