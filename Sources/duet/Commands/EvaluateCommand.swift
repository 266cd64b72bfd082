import ArgumentParser
import Checkpointing
import Datasets
import Evaluation
import Files
import Foundation
import Recipes
import Training

/// `duet evaluate`
struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure how many questions a trained model answers rightly.",
        usage: "duet evaluate --checkpoint <path> --data <file> ... [<options>]",
        discussion: """
            Takes annotation files of any known format (see duet data check --help) whose rows have \
            an answer. Rows with choices are answered with \
            the likeliest of them (the summed log-likelihood of the whole answer, not divided by \
            its length), others by writing; a written answer is right when it gives the answer, or \
            one of accept, as whole words, whatever the case, punctuation and articles.

            Example: duet evaluate --checkpoint Checkpoints/quickstart-finetune \
            --data Data/AVStamps/build/finetune_test_pairs.json --majority
            """)

    @OptionGroup var checkpoint: CheckpointOption

    @Option(
        help: ArgumentHelp(
            "A file of questions with answers; may be given several times.", valueName: "file"),
        completion: .file(extensions: ["json", "jsonl", "csv"]))
    var data: [String]

    @OptionGroup var annotations: AnnotationOptions

    @Flag(help: "Play silence instead of every sound.")
    var mute = false

    @Flag(help: "Show black instead of every picture.")
    var blank = false

    @Flag(help: "Measure the same model without its training, too.")
    var untrained = false

    @Flag(help: "Measure the most frequent answer of each task in these rows, too.")
    var majority = false

    @Option(
        help: ArgumentHelp(
            "Ask at most this many rows, spread evenly over the files.", valueName: "count"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Write each question's answer here, one line of JSON a row.", valueName: "file"),
        completion: .file(extensions: ["jsonl"]))
    var answers: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if let limit, limit < 1 {
            throw ValidationError("--limit \(limit): expected 1 or more")
        }
    }

    func run() async throws {
        let console = Console()
        let checkpoint = try self.checkpoint.read()
        let bench = try Workbench.opening(checkpoint)
        let all = try annotations.samples(of: data, tags: bench.tags, console)
        let scored = Evaluator.scored(all)
        let asked = Self.spread(scored, limit: limit ?? scored.count)
        let rows = try await rows(bench, asked, "evaluate", console)
        if let answers { try Self.write(rows, to: answers) }
        var outcome = EvaluationOutcome(
            trained: AccuracyReport(rows),
            notScoredCount: all.count - scored.count)
        if majority {
            outcome.majority = AccuracyReport(
                MajorityBaseline(learntFrom: asked).rows(for: asked))
        }
        if untrained {
            let fresh = try Workbench(
                recipe: try Recipe(
                    yaml: checkpoint.recipe, file: "the checkpoint's recipe",
                    settings: ["start_from=null"]))
            outcome.untrained = AccuracyReport(
                try await self.rows(fresh, asked, "evaluate untrained", console))
        }
        if json { try console.json(outcome) } else { try console.result(outcome.text) }
    }

    private func rows(
        _ bench: Workbench, _ samples: [Sample], _ label: String, _ console: Console
    ) async throws -> [ScoredRow] {
        var ablation: Ablation = []
        if mute { ablation.insert(.muted) }
        if blank { ablation.insert(.blanked) }
        var encoding: ProgressDisplay?
        var asking: ProgressDisplay?
        let rows = try await Evaluator(bench, ablation: ablation).rows(for: samples) {
            encoding = encoding ?? ProgressDisplay("encode media", totalCount: $1, on: console)
            encoding?.update(doneCount: $0)
            if $0 == $1 { encoding?.finish() }
        } progress: {
            asking = asking ?? ProgressDisplay(label, totalCount: $1, on: console)
            asking?.update(doneCount: $0)
        }
        asking?.finish()
        return rows
    }

    private static func write(_ rows: [ScoredRow], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try rows.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
        try DurableFile.write(lines.joined(), to: path)
    }

    /// At most `limit` of the samples, at equal distances.
    private static func spread(_ samples: [Sample], limit: Int) -> [Sample] {
        let count: Int = min(limit, samples.count)
        return (0..<count).map { samples[$0 * samples.count / count] }
    }
}
