import Layers
import Models
import Recipes
import Training

/// The adapter of a folder in terms of a recipe.
enum ImportedLoRA {
    /// The recipe with the adapter's settings where it has none of its own.
    ///
    /// Throws: `InterchangeError` when the recipe's adapters are others than the folder's
    static func recipe(
        _ recipe: Recipe, with found: ImportedParts, of folder: String
    ) throws -> Recipe {
        guard let adaptation = found.adaptation else { return recipe }
        let result =
            recipe.train.lora != nil
            ? recipe
            : try Recipe(
                yaml: recipe.resolvedYAML, file: folder, settings: settings(adaptation, of: found))
        guard let lora = result.train.lora else { return result }
        let wanted = try LowRankAdaptation(lora)
        for update in found.updates {
            let own = try wanted.settings(for: update.module)
            guard let own, own.rank == update.rank, own.scale == update.scale,
                own.isWeightDecomposed == (update.magnitude != nil)
            else {
                throw InterchangeError(
                    .request, "train.lora",
                    "gives \(update.module) \(Self.text(own)), "
                        + "the adapter in \(folder) has "
                        + Self.text(update.rank, update.scale, update.magnitude != nil),
                    hint: "leave train.lora out of the recipe; it is taken from the adapter")
            }
        }
        return result
    }

    private static func text(_ settings: LowRankAdaptation.Settings?) -> String {
        settings.map { text($0.rank, $0.scale, $0.isWeightDecomposed) } ?? "no adapter"
    }

    private static func text(_ rank: Int, _ scale: Double, _ isDecomposed: Bool) -> String {
        "rank \(rank) and scale \(scale)" + (isDecomposed ? " with weight decomposition" : "")
    }

    private static func settings(
        _ adaptation: LowRankAdaptation, of found: ImportedParts
    ) -> [String] {
        var targets = found.updates.map(\.module)
        if case .suffixes(let names) = adaptation.targets, adaptation.layers == nil {
            targets = names.sorted()
        }
        // A pattern of PEFT matches a path's end; one of a recipe is searched in it.
        let patterns = adaptation.patterns.map { pattern -> String in
            let expression = "(^|\\.)(\(pattern.expression))$".replacing("'", with: "''")
            return "{match: '\(expression)'" + (pattern.rank.map { ", rank: \($0)" } ?? "")
                + (pattern.alpha.map { ", alpha: \($0)" } ?? "") + "}"
        }
        return [
            "train.lora.rank=\(adaptation.rank)", "train.lora.alpha=\(adaptation.alpha)",
            "train.lora.dropout=\(adaptation.dropoutRate)",
            "train.lora.rank_stabilised=\(adaptation.isRankStabilized)",
            "train.lora.weight_decomposed=\(adaptation.isWeightDecomposed)",
            "train.lora.targets=[\(targets.joined(separator: ", "))]",
            "train.lora.patterns=[\(patterns.joined(separator: ", "))]",
            "train.parameters=[\(found.parameters.keys.sorted().joined(separator: ", "))]",
        ]
    }
}
