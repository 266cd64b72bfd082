import Recipes
import Testing

/// The smallest recipe and its messages.
enum Fixture {
    static let minimal = """
        model:
          language: llama
          visual: {encoder: lite}
        data:
          train: [{file: a.json}]
          batch: {visual: 2}
        train:
          steps: 10
        """

    static func recipe(_ yaml: String = minimal, _ settings: String...) throws -> Recipe {
        try Recipe(yaml: yaml, file: "folder/r.yaml", settings: settings)
    }

    /// The messages of a recipe that must not be read.
    static func problems(_ yaml: String = minimal, _ settings: String...) -> [String] {
        let error = #expect(throws: RecipeError.self) {
            try Recipe(yaml: yaml, file: "r.yaml", settings: settings)
        }
        return error?.problems.map(\.description) ?? []
    }
}
