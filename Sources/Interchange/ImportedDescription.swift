import Foundation
import Recipes
import Training

/// What an export of Duet says of itself.
struct ImportedDescription {
    let recipe: Recipe
    private let path: String
    private let digests: [String: String]

    /// Reads `duet.json`; nil when the folder has none.
    ///
    /// Throws: `InterchangeError` when it is damaged or of a later version
    init?(folder: String) throws {
        path = "\(folder)/\(ExportFiles.description)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let fields = try ExportFiles.object(path)
        guard fields["format"] as? String == "duet-export", let text = fields["recipe"] as? String
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
        recipe = try Recipe(yaml: text, file: "\(path): recipe")
        digests = fields["frozen_sha256"] as? [String: String] ?? [:]
    }

    /// Refuses frozen parts other than those that the export belongs to.
    func require(_ inputs: InputParts) throws {
        for (name, digest) in digests.sorted(by: { $0.key < $1.key })
        where inputs.digests[name] != digest {
            throw InterchangeError(
                .data, path,
                "belongs to another \(name) part (SHA-256 \(digest.prefix(12))…, here "
                    + "\(inputs.digests[name].map { "\($0.prefix(12))…" } ?? "none"))",
                hint: "use the same file")
        }
    }
}
