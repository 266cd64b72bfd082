import ArgumentParser
import Models
import Recipes
import Training
import Verification

/// `duet check-gradients`
struct CheckGradientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-gradients",
        abstract: "Compare a recipe's gradients with finite differences.",
        discussion: """
            Puts the recipe's model together at a tiny size, with its parts, adapters, dropout and \
            loss weights and the language model's layers, in double precision and with made-up \
            numbers, and compares the gradient of every trained parameter along a random direction \
            with what the loss does. No data and no weights are read but the language model's \
            configuration. The exit code is 0 when all agree.

            Example: duet check-gradients Recipes/quickstart-finetune.yaml
            """)

    @OptionGroup var options: RecipeOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() async throws {
        let console = Console()
        let recipe = try options.read()
        let file = try LanguageModelFile(path: try Assets().path(of: recipe.model.language))
        let verifier = try GradientVerifier(recipe: recipe, language: file.configuration)
        var progress: ProgressDisplay?
        let report = try verifier.run {
            progress = progress ?? ProgressDisplay("check", totalCount: $1, on: console)
            progress?.update(doneCount: $0)
        }
        progress?.finish()
        if json { try console.json(report) } else { try console.result(Self.text(report)) }
        guard report.hasPassed else {
            let worst = report.rows.max { $0.maximumError < $1.maximumError }
            throw CommandFailure(
                .fault, worst?.worst ?? recipe.name,
                "its gradient differs from finite differences by "
                    + "\(Quantity.number(worst?.maximumError ?? 0)); expected at most "
                    + "\(Quantity.number(report.tolerance))",
                hint: "keep the recipe and report it as a fault")
        }
    }

    private static func text(_ report: GradientReport) -> String {
        var table = Table([
            ("parameters", .leading), ("count", .trailing), ("numbers", .trailing),
            ("largest error", .trailing), ("allowed", .trailing), ("", .leading),
            ("where", .leading),
        ])
        for row in report.rows {
            table.add([
                row.group, Quantity.count(row.parameterCount), Quantity.count(row.scalarCount),
                Quantity.number(row.maximumError), Quantity.number(report.tolerance),
                row.maximumError <= report.tolerance ? "pass" : "FAIL", row.worst,
            ])
        }
        return table.text + (report.notCompared.map { "\n\nnot compared: \($0)" } ?? "")
    }
}
