import Checkpointing
import Datasets
import Foundation
import Models
import Recipes
import Tokenization
import Training
import WeightFiles

/// Opens an export with the readers that any run uses, as if nothing were known of how it was written.
struct ReadBack {
    let folder: String
    let format: ExportFormat
    let recipe: Recipe
    /// The frozen parts; of these only the language model's file is used, and only by exports that are
    /// put on it.
    let inputs: InputParts

    /// The export as one side of a comparison.
    ///
    /// Throws: what cannot be read
    func model() throws -> ComparedModel {
        switch format {
        case .adapter: try adapted()
        case .ggufAdapter: try onBase(try ggufAdapter(), [:], try projectors())
        case .hdf5: try trained()
        case .merged: try whole("\(folder)")
        case .gguf: try whole("\(folder)/\(ExportFiles.model)")
        }
    }

    private func onBase(
        _ updates: [LowRankUpdate], _ parameters: [String: StoredArray<Float>],
        _ projectors: [String: StoredArray<Float>]
    ) throws -> ComparedModel {
        ComparedModel(
            language: LayerwiseLanguageModel(
                inputs.language.configuration,
                source: TrainedParts.source(parameters, over: inputs.language.weights),
                updates: updates),
            projectors: projectors, prompts: inputs.prompts)
    }

    private func adapted() throws -> ComparedModel {
        let path = "\(folder)/\(ExportFiles.adapterConfiguration)"
        let hasAdapter = FileManager.default.fileExists(atPath: path)
        let adapter = hasAdapter ? try PEFTAdapter(folder: folder) : nil
        return try onBase(
            adapter?.updates ?? [], adapter?.parameters ?? [:], try projectors())
    }

    private func ggufAdapter() throws -> [LowRankUpdate] {
        try GGUFAdapterFile.read(
            try GGUF(path: "\(folder)/\(ExportFiles.adapterGGUF)"),
            of: inputs.language.configuration)
    }

    private func projectors() throws -> [String: StoredArray<Float>] {
        let path = "\(folder)/\(ExportFiles.projectors)"
        return FileManager.default.fileExists(atPath: path) ? try ExportFiles.arrays(path) : [:]
    }

    private func trained() throws -> ComparedModel {
        let parts = try TrainedFile.read("\(folder)/\(ExportFiles.hdf5)")
        return try onBase(parts.updates, parts.parameters, parts.projectors)
    }

    private func whole(_ path: String) throws -> ComparedModel {
        let file = try LanguageModelFile(path: path)
        return ComparedModel(
            language: LayerwiseLanguageModel(file.configuration, source: file.weights),
            projectors: try projectors(),
            // The template of a whole model has the recipe's system prompt in it.
            prompts: try InputParts.prompts(
                of: file, path: path, recipe: recipe, tags: inputs.tags,
                interleaving: inputs.interleaving)
        )
    }
}
