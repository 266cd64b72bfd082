import ArgumentParser
import Downloads
import Foundation
import Synchronization

/// `duet fetch`
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Bring pretrained models to this machine.",
        discussion: """
            Nothing else of duet uses the network.

            Example: duet fetch hf openai/clip-vit-base-patch32
            """,
        subcommands: [FetchHubCommand.self])
}

/// `duet fetch hf`
struct FetchHubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hf",
        abstract: "Fetch a model's files from the Hugging Face hub, or a mirror of it.",
        discussion: """
            Takes the settings, the tokenizer, the terms, and the weights in safetensors or the one \
            GGUF file; --include names others. Every file is checked by the digest that the hub \
            announces. A call that was stopped goes on where it was, and what is there is not \
            fetched again. Recipes then name the folder.

            HF_ENDPOINT is the address of a mirror. Models with terms to accept need a token in \
            HF_TOKEN, or the one that `hf auth login` keeps.

            Example: duet fetch hf TheBloke/vicuna-7B-v1.5-GGUF --include '*.Q4_K_M.gguf'
            """)

    @Argument(help: ArgumentHelp("The model, as OWNER/NAME.", valueName: "model"))
    var model: String

    @Option(help: "A branch, a tag or a commit of the model.")
    var revision = "main"

    @Option(
        help: ArgumentHelp(
            "Files to take instead, by a shell's pattern; may be given several times.",
            valueName: "pattern"))
    var include: [String] = []

    @Option(
        help: ArgumentHelp(
            "The folder to put them in; Models and the model's name when left out.",
            valueName: "folder"),
        completion: .directory)
    var to: String?

    func run() async throws {
        let console = Console()
        let access = try HubAccess(
            environment: ProcessInfo.processInfo.environment,
            homeFolder: FileManager.default.homeDirectoryForCurrentUser.path)
        let fetch = try HubFetch(
            model: model, revision: revision, matching: include, access: access)
        let folder = to ?? "Models/\(model)"
        let display = Mutex<ProgressDisplay?>(nil)
        defer { display.withLock { $0?.finish() } }
        let report = try await fetch.run(into: folder) { progress in
            display.withLock { display in
                var bar =
                    display
                    ?? ProgressDisplay(
                        "fetch MB", totalCount: progress.byteCount / 1_000_000, on: console)
                bar.update(
                    doneCount: progress.doneByteCount / 1_000_000, note: progress.path)
                display = bar
            }
        }
        display.withLock {
            $0?.finish()
            $0 = nil
        }
        try console.result(
            Table(facts: [
                ("folder", folder), ("commit", report.commit),
                ("licence", report.licence ?? "the model's card names none"),
                (
                    "files",
                    "\(report.paths.count), \(Quantity.bytes(report.byteCount)), digests right"
                ),
            ]).text)
    }
}
