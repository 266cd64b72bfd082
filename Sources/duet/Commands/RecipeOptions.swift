import ArgumentParser
import Recipes

/// Settings that count instead of a recipe's.
struct SettingOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A setting that counts instead of the recipe's; may be given several times.",
            valueName: "key=value"))
    var settings: [String] = []
}

/// The recipe that a command works with.
struct RecipeOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The recipe, a YAML file.", valueName: "recipe"),
        completion: .file(extensions: ["yaml", "yml"]))
    var path: String

    @OptionGroup private var given: SettingOptions

    /// The settings, as given.
    var settings: [String] { given.settings }

    /// The recipe with the settings, and with further ones that count instead of both.
    ///
    /// Throws: `RecipeError`
    func read(with further: [String] = []) throws -> Recipe {
        try Recipe(contentsOf: path, settings: settings + further)
    }
}
