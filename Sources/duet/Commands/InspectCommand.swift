import ArgumentParser

/// `duet inspect`
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a file or a run's folder holds.",
        discussion: """
            Knows checkpoints and run folders of duet, weights (safetensors, GGUF, CTranslate2, \
            older torch files, folders of Hugging Face), and pictures, videos and sounds. Files \
            are recognised by their content, not by their name.

            Example: duet inspect Checkpoints/quickstart-finetune
            """)

    @Argument(help: "The file or folder.", completion: .file())
    var path: String

    @Flag(help: "Print what is found as JSON.")
    var json = false

    func run() async throws {
        let inspection = try Inspection.of(path)
        if json {
            try Console().json(inspection)
        } else {
            try Console().result(inspection.text)
        }
    }
}
