import ArgumentParser
import Datasets
import Evaluation
import Layers
import Recipes
import Training

/// `duet ask`
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Ask a trained model about a picture, a video or a sound.",
        usage: "duet ask --checkpoint <path> [--media <file>] [<options>] <question>",
        discussion: """
            A video shows its pictures and plays its own sound track, when it has one; --audio \
            gives another sound. The answer is written as it comes.

            Example: duet ask --checkpoint Checkpoints/quickstart-finetune --media clip.mp4 \
            "Does the sound match the picture?"
            """)

    @OptionGroup var checkpoint: CheckpointOption

    @Option(
        help: ArgumentHelp("A picture, a video or a sound.", valueName: "file"),
        completion: .file())
    var media: String?

    @Option(
        help: ArgumentHelp(
            "A sound, heard instead of the video's own or with a picture.", valueName: "file"),
        completion: .file())
    var audio: String?

    @Argument(help: "The question.")
    var question: String

    @Option(
        help: ArgumentHelp(
            "0 takes the likeliest words; above, they are drawn.", valueName: "number"))
    var temperature = 0.0

    @Option(
        name: .customLong("top-k"),
        help: ArgumentHelp(
            "Draw only from this many of the likeliest words; 0 for no limit.",
            valueName: "count"))
    var topK = 0

    @Option(
        name: .customLong("top-p"),
        help: ArgumentHelp(
            "Draw only from the likeliest words that have this probability together.",
            valueName: "share"))
    var topP = 1.0

    @Option(help: ArgumentHelp("Decides what is drawn.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
        name: .customLong("max-tokens"),
        help: ArgumentHelp("The longest answer.", valueName: "count"))
    var maximumTokenCount = 128

    func validate() throws {
        if question.allSatisfy(\.isWhitespace) {
            throw ValidationError("the question is empty; expected some words")
        }
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature \(temperature): expected 0 or more")
        }
        guard topK >= 0 else {
            throw ValidationError("--top-k \(topK): expected 0 or more")
        }
        guard topP > 0, topP <= 1 else {
            throw ValidationError("--top-p \(topP): expected more than 0, at most 1")
        }
        guard maximumTokenCount > 0 else {
            throw ValidationError("--max-tokens \(maximumTokenCount): expected 1 or more")
        }
    }

    func run() async throws {
        let console = Console()
        let bench = try Workbench.opening(try checkpoint.read())
        if let note = bench.report.unusedNote { console.note("duet: \(note)") }
        let query = try Query(question, media: media, audio: audio, model: bench.recipe.model)
        for remark in query.remarks { console.note("duet: \(remark)") }
        let interlocutor = Interlocutor(
            bench,
            settings: Generator.Settings(
                maximumTokenCount: maximumTokenCount, temperature: temperature, topK: topK,
                topP: topP, seed: seed))
        let answer = try await interlocutor.answer(to: query.sample) { try console.part($0) }
        try console.part("\n")
        if !answer.isComplete {
            console.note("duet: the answer was cut off after \(answer.tokens.count) tokens")
        }
    }
}
