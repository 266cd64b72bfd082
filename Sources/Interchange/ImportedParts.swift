import Checkpointing
import Foundation
import Layers
import Models
import Recipes
import Training

/// What a folder holds of a run, whoever has written it.
struct ImportedParts {
    /// The adapters of the language model, sorted by path.
    let updates: [LowRankUpdate]
    /// The language model's parameters that were trained as a whole, by path.
    let parameters: [String: StoredArray<Float>]
    /// The projectors, by our paths.
    let projectors: [String: StoredArray<Float>]
    /// Which linear maps are adapted, and how; nil without adapters.
    let adaptation: LowRankAdaptation?

    /// Reads Duet's own file of everything, or PEFT's adapter and LLaVA's projectors; projectors at `path`
    /// count instead of those in the folder.
    ///
    /// Throws: what cannot be read, and `InterchangeError` when there is nothing of these
    init(folder: String, projectors path: String?) throws {
        func holds(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(folder)/\(name)")
        }
        if holds(ExportFiles.hdf5) {
            let parts = try TrainedFile.read("\(folder)/\(ExportFiles.hdf5)")
            updates = parts.updates
            parameters = parts.parameters
            projectors =
                try path.map { try ImportedProjectors.read(folder: folder, path: $0) }
                ?? parts.projectors
            adaptation =
                parts.updates.isEmpty
                ? nil : try parts.recipe.train.lora.map { try LowRankAdaptation($0) }
        } else {
            let adapter =
                holds(ExportFiles.adapterConfiguration) ? try PEFTAdapter(folder: folder) : nil
            updates = adapter?.updates ?? []
            parameters = adapter?.parameters ?? [:]
            projectors = try ImportedProjectors.read(folder: folder, path: path)
            adaptation = adapter?.configuration.adaptation
        }
        guard !tensors.isEmpty else {
            throw InterchangeError(
                .data, folder,
                "holds no \(ExportFiles.adapterConfiguration), no \(ExportFiles.hdf5) and no "
                    + "projectors",
                hint: "name a folder that PEFT, LLaVA or Duet has written")
        }
    }

    /// Everything by path, as checkpoints hold it.
    var tensors: [String: StoredArray<Float>] {
        var result = projectors.merging(parameters) { own, _ in own }
        for part in updates.flatMap(\.tensors) {
            result[part.path] = StoredArray(shape: part.shape, scalars: part.values)
        }
        return result
    }
}
