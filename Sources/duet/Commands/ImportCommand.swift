import ArgumentParser
import Checkpointing
import Interchange
import Recipes
import Training

/// `duet import`
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a checkpoint of an export, or of an adapter and projectors from elsewhere.",
        usage: "duet import <folder> --to <folder> [<options>]",
        discussion: """
            Takes a folder that duet export has written as adapter, hdf5, merged or gguf, or one with \
            a LoRA adapter as PEFT writes it, projectors under LLaVA's names \
            (projectors.safetensors, mm_projector.safetensors or an mm_projector.bin of torch \
            before 1.6), or both. start_from in a recipe takes the checkpoint; it can be asked, \
            evaluated and exported when it has the projectors of its encoders. An export of Duet \
            brings its recipe; of a merged model the projectors are imported, and the model is used \
            as it lies there. For other folders --recipe names a recipe, whose train.lora may be \
            left out.

            Example: duet import Exports/first --to Checkpoints/imported
            """)

    @Argument(help: "The folder to import.", completion: .directory)
    var folder: String

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("The run's folder to make.", valueName: "folder"),
        completion: .directory)
    var target: String

    @Option(
        help: ArgumentHelp("A recipe that names the frozen parts.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var recipe: String?

    @Option(
        help: ArgumentHelp("Projectors that lie outside of the folder.", valueName: "file"),
        completion: .file())
    var projectors: String?

    @OptionGroup var options: SettingOptions

    func run() async throws {
        let given = try recipe.map { try Recipe(contentsOf: $0, settings: options.settings) }
        if given == nil, !options.settings.isEmpty {
            throw CommandFailure(
                .usage, "--set", "changes a recipe, and none is given",
                hint: "name one with --recipe")
        }
        let console = Console()
        let importer = try Importer(folder: folder, projectors: projectors, recipe: given)
        let checkpoint = try importer.checkpoint()
        let run = RunFolder(path: target)
        if let latest = try run.checkpoints.latest() {
            throw CommandFailure(
                .usage, target, "holds a run of \(latest.step) steps already",
                hint: "name another folder")
        }
        let path = try importer.write(checkpoint, to: run)
        var table = Table(facts: [("checkpoint", path)])
        table.add(["adapters", "\(importer.adapterCount)"])
        table.add(["projector tensors", "\(importer.projectorTensorCount)"])
        table.add(["trained numbers", Quantity.count(importer.scalarCount)])
        try console.result(table.text)
        for name in importer.newProjectors {
            console.note(
                "there is no \(name): a run that starts from here begins it anew; until "
                    + "then the checkpoint cannot be asked, evaluated or exported")
        }
    }
}
