internal import Checkpointing
internal import Foundation
internal import Recipes

/// Where a checkpoint's recipe and the one it is to be continued with part ways; when checkpoints are
/// written may differ, as it changes no bit of what is trained.
enum RecipeDifference {
    /// Refuses a checkpoint that was not made by a recipe.
    static func require(_ recipe: Recipe, of checkpoint: Checkpoint) throws {
        let (there, here) = (lines(spelledOut(checkpoint)), lines(recipe.resolvedYAML))
        guard there != here else { return }
        let index = zip(there, here).prefix { $0 == $1 }.count
        func line(_ lines: [String]) -> String {
            index < lines.count
                ? "'\(lines[index].trimmingCharacters(in: .whitespaces))'" : "nothing more"
        }
        let place = sections(there.prefix(index + 1).map { $0 })
        throw TrainingError(
            .request, subject: recipe.outputFolder,
            detail: "was made by another recipe: \(place)\(line(there)) there, \(line(here)) here",
            hint: "resume with the recipe in "
                + "\(RunFolder(path: recipe.outputFolder).recipePath), or start anew with "
                + "--overwrite")
    }

    /// The checkpoint's recipe with keys that have come since, at their defaults; as it is when it can't be
    /// read any more.
    private static func spelledOut(_ checkpoint: Checkpoint) -> String {
        do {
            return try Recipe(yaml: checkpoint.recipe, file: "the checkpoint's recipe").resolvedYAML
        } catch {
            return checkpoint.recipe
        }
    }

    private static func lines(_ text: String) -> [String] {
        var isFree = false
        return text.split(separator: "\n").map(String.init).filter { line in
            if indent(line) == 0 { isFree = line == "checkpoint:" }
            return !isFree
        }
    }

    private static func indent(_ line: String) -> Int { line.prefix { $0 == " " }.count }

    /// The sections that the last line stands in, as `train.lora: `.
    private static func sections(_ lines: [String]) -> String {
        guard let last = lines.last else { return "" }
        var depth = indent(last)
        var names: [String] = []
        for line in lines.dropLast().reversed() where indent(line) < depth {
            depth = indent(line)
            names.insert(line.trimmingCharacters(in: CharacterSet(charactersIn: " :-")), at: 0)
        }
        return names.isEmpty ? "" : names.joined(separator: ".") + ": "
    }
}
