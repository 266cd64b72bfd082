import ArgumentParser
import Checkpointing
import Recipes

/// `duet export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what was trained for use in other programs.",
        discussion: """
            The folder gets the LoRA adapter as PEFT reads it (adapter_config.json, \
            adapter_model.safetensors), the projectors under LLaVA's names \
            (projectors.safetensors), and duet.json, which says where they come from. It appears \
            under its name only when it is complete.

            Example: duet export --checkpoint Checkpoints/quickstart-finetune --to Exports/first
            """)

    @OptionGroup var checkpoint: CheckpointOption

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("The folder to make.", valueName: "folder"), completion: .directory)
    var folder: String

    @Flag(help: "Replace the folder when it is there.")
    var force = false

    func validate() throws {
        if folder.isEmpty { throw ValidationError("--to is empty; expected a folder's name") }
    }

    func run() async throws {
        let file = try checkpoint.file()
        let export = try AdapterExport(try Checkpoint.read(from: file), of: file)
        let written = try ExportFolder(path: folder, replacesExisting: force).write {
            try export.write(to: $0)
        }
        var table = Table([("file", .leading), ("bytes", .trailing)])
        for (name, byteCount) in written {
            table.add(["\(folder)/\(name)", Quantity.bytes(byteCount)])
        }
        try Console().result(table.text)
    }
}
