package import Checkpointing
import Files
import Foundation
import Recipes
import Training
import WeightFiles

/// The trained tensors of a checkpoint under the names that other programs know.
///
/// Source: PEFT's save_pretrained (adapter names and configuration), LLaVA's mm_projector files
package struct AdapterExport {
    /// What PEFT puts before the path of an adapted module.
    private static let peftPrefix = "base_model.model."

    private let checkpoint: Checkpoint
    private let recipe: Recipe
    private let source: String
    private let adapters: [(key: String, value: StoredArray<Float>)]
    private let projectors: [(key: String, value: StoredArray<Float>)]

    /// Sorts a checkpoint's tensors into adapters and projectors; `source` is its file.
    ///
    /// Throws: `CommandFailure` when it has neither or holds something else, `RecipeError` when its
    /// recipe is not one of this version
    package init(_ checkpoint: Checkpoint, of source: String) throws {
        self.checkpoint = checkpoint
        self.source = source
        recipe = try Recipe(yaml: checkpoint.recipe, file: "\(source): recipe")
        let sorted = checkpoint.tensors.sorted { $0.key < $1.key }
        adapters = sorted.filter { $0.key.contains(".lora_") }
        let projecting = sorted.filter { $0.key.hasPrefix("model.mm_projector") }
        projectors = ProjectorFolding.fold(projecting)
        let known: Int = adapters.count + projecting.count
        guard known == sorted.count, known > 0 else {
            throw CommandFailure(
                .data, source,
                "holds \(known) tensors of adapters and projectors among \(sorted.count)",
                hint: "export a checkpoint that duet train has made")
        }
        guard adapters.isEmpty || recipe.train.lora != nil else {
            throw CommandFailure(
                .data, source, "holds adapters, but its recipe does not say how they are scaled",
                hint: "export the checkpoint of the run that trained the adapters")
        }
    }

    /// Writes the files into a folder that is there.
    ///
    /// Throws: `FileError` or `WeightFileError` when the disk does not take them
    package func write(to folder: String) throws {
        if let lora = recipe.train.lora, !adapters.isEmpty {
            try SafetensorsWriter.write(
                tensors: adapters.map {
                    (Self.peftPrefix + $0.key, $0.value.shape, $0.value.scalars)
                },
                metadata: ["format": "pt"], to: "\(folder)/adapter_model.safetensors")
            let ending = ".lora_A.weight"
            let modules = adapters.map(\.key).filter { $0.hasSuffix(ending) }
            try write(
                AdapterConfiguration.fields(
                    lora, modules: modules.map { String($0.dropLast(ending.count)) },
                    baseModel: recipe.model.language),
                to: "\(folder)/adapter_config.json")
        }
        if !projectors.isEmpty {
            try SafetensorsWriter.write(
                tensors: projectors.map { ($0.key, $0.value.shape, $0.value.scalars) },
                metadata: ["format": "pt"], to: "\(folder)/projectors.safetensors")
        }
        try write(description, to: "\(folder)/duet.json")
    }

    private var description: [String: Any] {
        [
            "format": "duet-export", "format_version": 1, "duet": DuetVersion.current,
            "checkpoint": source, "step": checkpoint.progress.step,
            "modality_tokens": checkpoint.modalityTokens,
            "frozen_sha256": checkpoint.digests.filter { $0.key != RunFolder.dataDigest },
            "metrics": checkpoint.metrics.filter(\.value.isFinite), "recipe": checkpoint.recipe,
        ]
    }

    private func write(_ fields: [String: Any], to path: String) throws {
        let data = try JSONSerialization.data(
            withJSONObject: fields, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try DurableFile.write(data + Data("\n".utf8), to: path)
    }
}
