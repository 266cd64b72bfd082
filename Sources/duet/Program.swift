import ArgumentParser
import Foundation

/// The program: parses the command line, runs the command, and ends with its exit code.
@main
enum Program {
    static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        let console = Console()
        do {
            var command = try DuetCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error, to: console)
        }
    }

    /// Writes help to the standard output and anything else, as one message, to the standard error.
    private static func report(_ error: any Error, to console: Console) -> Int32 {
        if let ending = Ending(error) {
            console.note("duet: \(ending.message)")
            return ending.kind.rawValue
        }
        let code = DuetCommand.exitCode(for: error).rawValue
        if code == 0 {
            do {
                try console.result(DuetCommand.fullMessage(for: error))
            } catch {
                return report(error, to: console)
            }
        } else {
            console.note("duet: \(DuetCommand.message(for: error)); see duet --help")
        }
        return code
    }
}
