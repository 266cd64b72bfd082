public import ArgumentParser
import Checkpointing
import Datasets
public import Interchange
import Recipes
import Training

/// `duet export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what was trained for use in other programs.",
        usage: "duet export --checkpoint <path> --to <folder> [<options>]",
        discussion: """
            Every export is a folder with the weights, the projectors under LLaVA's names \
            (projectors.safetensors), duet.json, which says how media and text become what the \
            language model takes, and a model card. It is read back and compared with the \
            checkpoint; proof.json keeps the result. The folder appears under its name only when \
            it is complete and proven.

            adapter: LoRA, rsLoRA or DoRA as PEFT reads it. merged: a Hugging Face folder. gguf: the \
            same as one file for llama.cpp. gguf-adapter: LoRA or rsLoRA for llama.cpp, whose \
            adapters have no place for DoRA and whole parameters. hdf5: all trained tensors in one \
            file. duet import goes back from adapter and hdf5.

            Example: duet export --checkpoint Checkpoints/quickstart-finetune --to Exports/first \
            --format gguf --type Q8_0
            """)

    @OptionGroup var checkpoint: CheckpointOption

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("The folder to make.", valueName: "folder"), completion: .directory)
    var folder: String

    @Option(help: ArgumentHelp("What to write.", valueName: "format"))
    var format = ExportFormat.adapter

    @Option(
        name: [.long, .customLong("dtype")],
        help: ArgumentHelp(
            "How weights are stored: float32, float16 or bfloat16 for merged; F16, F32, BF16, "
                + "Q8_0, Q4_0 or Q4_1 for gguf.", valueName: "type"))
    var type: String?

    @Option(
        name: .customLong("shard-megabytes"),
        help: ArgumentHelp(
            "The size above which merged weights are split over several files.",
            valueName: "number"))
    var shardMegabytes = 5_000

    @Option(
        name: .customLong("probe-media"),
        help: ArgumentHelp(
            "A picture, a video or a sound about which the proof asks too.", valueName: "file"),
        completion: .file())
    var probeMedia: String?

    @Option(
        name: .customLong("probe-question"),
        help: ArgumentHelp("What is asked about it.", valueName: "text"))
    var probeQuestion = "What do you see or hear?"

    @Flag(help: "Replace the folder when it is there and is an export.")
    var force = false

    func validate() throws {
        if folder.isEmpty { throw ValidationError("--to is empty; expected a folder's name") }
        if shardMegabytes < 1 {
            throw ValidationError("--shard-megabytes is \(shardMegabytes); expected 1 or more")
        }
    }

    func run() async throws {
        let console = Console()
        let target = ExportFolder(path: folder, replacesExisting: force)
        try target.check()
        let type = try format.type(named: type)
        let file = try checkpoint.file()
        let interruption = Interruption(listeningToSignals: true)
        var exporter = try Exporter(try Checkpoint.read(from: file), of: file)
        exporter.shardByteLimit = shardMegabytes * 1_000_000
        let probes = try await exporter.probes(about: try asked(exporter, console))
        var proof: Proof?
        let written = try target.write {
            proof = try exporter.write(
                format, type: type, to: $0, probes: probes, interruption: interruption,
                note: console.note)
        }
        var table = Table([("file", .leading), ("bytes", .trailing)])
        for (name, byteCount) in written {
            table.add(["\(folder)/\(name)", Quantity.bytes(byteCount)])
        }
        try console.result(table.text)
        if let proof { try console.result("\n" + ExportReport.text(of: proof)) }
    }

    private func asked(_ exporter: Exporter, _ console: Console) throws -> [Sample] {
        guard let probeMedia else { return [] }
        let query = try Query(
            probeQuestion, media: probeMedia, audio: nil, model: exporter.recipe.model)
        for remark in query.remarks { console.note(remark) }
        return [query.sample]
    }
}

extension ExportFormat: ExpressibleByArgument {}
