import ArgumentParser
import Recipes

/// The recipe that a command works with.
struct RecipeOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The recipe, a YAML file.", valueName: "recipe"),
        completion: .file(extensions: ["yaml", "yml"]))
    var path: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A setting that counts instead of the recipe's; may be given several times.",
            valueName: "key=value"))
    var settings: [String] = []

    /// The recipe with the settings, and with more that count instead of both.
    ///
    /// Throws: `RecipeError`
    func read(with more: [String] = []) throws -> Recipe {
        try Recipe(contentsOf: path, settings: settings + more)
    }
}
