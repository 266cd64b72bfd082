import ArgumentParser
import Kernels
import Training

/// `duet bench generate`
struct BenchGenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Time reading a prompt and greedy writing with a language model.",
        discussion: """
            Weights stay as the file stores them, as in `duet ask`; --float32 makes floats of them \
            first. The first of four repetitions is not counted.

            Example: duet bench generate --model smollm2-135m-instruct --new-tokens 128
            """)

    @Option(
        help: ArgumentHelp(
            "The language model: a pretrained part's name, or a path.", valueName: "model"))
    var model: String

    @Option(help: "Tokens of the prompt.")
    var promptTokens = 128

    @Option(help: "Tokens that are written.")
    var newTokens = 64

    @Option(help: "Sequences written at the same time.")
    var batch = 1

    @Option(help: "Threads to compute with; all cores when left out.")
    var threads: Int?

    @Flag(help: "Make 32-bit floats of the weights first.")
    var float32 = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if promptTokens < 1 {
            throw ValidationError("--prompt-tokens \(promptTokens): expected 1 or more")
        }
        if newTokens < 2 {
            throw ValidationError("--new-tokens \(newTokens): expected 2 or more")
        }
        if !(1...1024).contains(batch) {
            throw ValidationError("--batch \(batch): expected 1 to 1024")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads): expected 1 to 1024")
        }
    }

    func run() async throws {
        let console = Console()
        if let threads { Parallel.use(threads: threads) }
        let benchmark = try GenerationBenchmark(
            model: try Assets().path(of: model), isStored: !float32)
        let report = benchmark.run(
            promptTokens: promptTokens, newTokens: newTokens, batch: batch)
        if json { return try console.part(report.json() + "\n") }
        func rate(_ value: Double) -> String {
            "\(Quantity.fixed(value, digits: 1)) tokens a second"
        }
        let facts: [(name: String, value: String)] = [
            ("reading", "\(report.prompt) tokens, \(rate(report.prefillTokensPerS))"),
            ("writing", "\(report.new) tokens, \(rate(report.decodeTokensPerS))"),
            ("threads", "\(report.threads) (\(report.blasCore))"),
            ("peak memory", Quantity.bytes(Int(report.peakRssMb * 1_048_576))),
        ]
        try console.result(Table(facts: facts).text)
    }
}
