import Foundation
import Recipes
import Training

/// What an export of Duet says of itself.
struct ImportedDescription {
    /// The recipe that the folder's files go with: the run's own, and where the language model itself was
    /// exported, that model without anything to be put on it.
    let recipe: Recipe
    private let path: String
    private let digests: [String: String]
    /// The exported language model; nil when there is only what belongs to the base.
    private let model: String?

    /// Reads `duet.json`; nil when the folder has none.
    ///
    /// Throws: `InterchangeError` when it is damaged, of a later version, or of a format from which the
    /// adapters cannot be had
    init?(folder: String) throws {
        path = "\(folder)/\(ExportFiles.description)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let fields = try ExportFiles.object(path)
        guard fields["format"] as? String == "duet-export", let text = fields["recipe"] as? String,
            let format = (fields["export"] as? String).flatMap(ExportFormat.init)
        else {
            throw InterchangeError(
                .data, path, "is no description of an export",
                hint: "name the recipe with --recipe and remove this file")
        }
        if let version = fields["format_version"] as? Int, version > 3 {
            throw InterchangeError(
                .data, path, "is of version \(version); expected at most 3",
                hint: "use a newer Duet")
        }
        if format == .ggufAdapter {
            throw InterchangeError(
                .request, folder,
                "holds an adapter for llama.cpp, from which the run's own factors and scales cannot "
                    + "be had",
                hint: "import an export of the same checkpoint as adapter or hdf5")
        }
        digests = fields["frozen_sha256"] as? [String: String] ?? [:]
        model = format == .gguf ? "\(folder)/\(ExportFiles.model)" : format.isWhole ? folder : nil
        let merged =
            model.map {
                [
                    "model.language=\(RecipeValue.text($0).yaml)", "train.lora=null",
                    "train.parameters=[]",
                    "train.projectors=true", "start_from=null",
                ]
            } ?? []
        recipe = try Recipe(yaml: text, file: "\(path): recipe", settings: merged)
    }

    /// Refuses frozen parts other than those that the export belongs to.
    ///
    /// Throws: `InterchangeError`
    func require(_ inputs: InputParts) throws {
        for (name, digest) in digests.sorted(by: { $0.key < $1.key })
        where inputs.digests[name] != digest && !(name == "language" && model != nil) {
            throw InterchangeError(
                .data, path,
                "belongs to another \(name) part (SHA-256 \(digest.prefix(12))…, here "
                    + "\(inputs.digests[name].map { "\($0.prefix(12))…" } ?? "none"))",
                hint: "use the same file")
        }
        guard let model, Self.place(model) != Self.place(inputs.languagePath) else { return }
        throw InterchangeError(
            .request, "model.language",
            "is \(inputs.languagePath), but what was trained in the language model is in \(model)",
            hint: "name that one, or leave --recipe out")
    }

    private static func place(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
