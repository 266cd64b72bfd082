import Checkpointing
import Models
import Recipes

/// A LoRA adapter as PEFT keeps it, with the parameters that are trained as a whole.
///
/// Source: PEFT's save_pretrained
package enum AdapterFiles {
    /// What PEFT puts before the path of an adapted module.
    static let prefix = "base_model.model."

    package static func write(_ parts: TrainedParts, to folder: String) throws {
        guard let lora = parts.recipe.train.lora, !parts.updates.isEmpty else { return }
        try ExportFiles.write(
            parts.tensors.filter { parts.projectors[$0.key] == nil }
                .map { (key: prefix + $0.key, value: $0.value) },
            to: "\(folder)/\(ExportFiles.adapter)")
        try ExportFiles.write(
            fields: PEFTConfiguration.fields(
                lora, modules: parts.updates.map(\.module),
                wholeModules: Set(parts.parameters.keys.map(module(of:))).sorted(),
                baseModel: parts.recipe.model.language),
            to: "\(folder)/\(ExportFiles.adapterConfiguration)")
    }

    /// The module that a parameter of the language model belongs to.
    static func module(of path: String) -> String {
        path.split(separator: ".").dropLast().joined(separator: ".")
    }

    package static func writeProjectors(_ parts: TrainedParts, to folder: String) throws {
        if parts.projectors.isEmpty { return }
        try ExportFiles.write(
            parts.foldedProjectors, to: "\(folder)/\(ExportFiles.projectors)")
        if parts.haveStatistics {
            try ExportFiles.write(
                parts.projectors.map { (key: $0.key, value: $0.value) },
                to: "\(folder)/\(ExportFiles.trainedProjectors)")
        }
    }
}
