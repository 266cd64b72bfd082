import ArgumentParser
import Training

/// `duet`, the command of commands.
struct DuetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duet",
        abstract: "Train, ask and look into audio-visual language models on a CPU.",
        discussion: """
            Results go to the standard output, progress to the standard error. Exit codes: 0 done, \
            64 wrong usage or recipe, 65 wrong data, 74 a file cannot be read or written, \
            70 a fault of duet itself, 130 stopped by a signal after saving.

            Example: duet train Recipes/quickstart-finetune.yaml
            """,
        version: DuetVersion.current,
        subcommands: [
            FetchCommand.self, PlanCommand.self, TrainCommand.self, EvaluateCommand.self,
            AskCommand.self,
            ExportCommand.self, ImportCommand.self, InspectCommand.self, DataCommand.self,
            VerifyCommand.self, VerifyResumeCommand.self, CheckGradientsCommand.self,
            DoctorCommand.self, BenchCommand.self,
        ])
}

/// Help texts, as `--help` prints them.
package enum Help {
    /// The help of a sub-command, or of `duet` itself for nil; nil when there is no such command.
    package static func text(of name: String?) -> String? {
        guard let name else { return DuetCommand.helpMessage(columns: 80) }
        return DuetCommand.configuration.subcommands.first { $0._commandName == name }
            .map { DuetCommand.helpMessage(for: $0, columns: 80) }
    }

    /// The names of all sub-commands.
    package static var commandNames: [String] {
        DuetCommand.configuration.subcommands.map { $0._commandName }
    }
}
