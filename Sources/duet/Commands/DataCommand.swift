import ArgumentParser

/// `duet data`
struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Check annotated data, and keep what is computed of it.",
        discussion: """
            Example: duet data check Data/AVStamps/mini/mini.json
            """,
        subcommands: [DataCheckCommand.self, DataCacheCommand.self])
}
