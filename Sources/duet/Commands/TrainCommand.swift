import ArgumentParser
import Checkpointing
import Recipes
import Training

/// `duet train`
struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train what a recipe describes.",
        discussion: """
            Checkpoints, metrics.jsonl, the recipe as run and a summary go to the recipe's output \
            folder. On SIGINT or SIGTERM the run saves after the step it is in and ends with exit \
            code 130; --resume continues it to the same result as if it had not been stopped.

            Example: duet train Recipes/quickstart-finetune.yaml --set train.epochs=2
            """)

    @OptionGroup var options: RecipeOptions

    @Flag(help: "Continue from the run's latest checkpoint; without one, begin.")
    var resume = false

    @Flag(help: "Remove the run that is in the output folder, and begin anew.")
    var overwrite = false

    func validate() throws {
        if resume && overwrite {
            throw ValidationError("--resume and --overwrite exclude each other; give one of them")
        }
    }

    func run() async throws {
        let console = Console()
        let recipe = try options.read()
        let latest = resume ? try RunFolder(path: recipe.outputFolder).checkpoints.latest() : nil
        let checkpoint = try latest.map { try Checkpoint.read(from: $0.path) }
        let bench = try Workbench(recipe: recipe, checkpoint: checkpoint)
        let interruption = Interruption(listeningToSignals: true)
        let display = TrainingDisplay(console)
        let trainer = try await Trainer.prepared(
            bench: bench, resuming: checkpoint, interruption: interruption,
            observe: display.observe)
        guard let trainer else {
            throw CommandFailure(
                .stopped, recipe.name, "was stopped while its samples were looked at",
                hint: "start it again; what was encoded is kept")
        }
        let summary = try await trainer.run(
            interruption: interruption, overwriting: overwrite, observe: display.observe)
        try console.result(display.text(of: summary))
        if summary.wasInterrupted {
            throw CommandFailure(
                .stopped, recipe.name,
                "was stopped after step \(summary.step) of \(summary.stepCount) and saved",
                hint: "continue with: duet train \(ShellText.quoted(options.path)) --resume"
                    + options.settings.map { " --set \(ShellText.quoted($0))" }.joined())
        }
    }
}
