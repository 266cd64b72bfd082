import ArgumentParser
import Kernels
import Training

/// `duet bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure speed and memory.",
        discussion: """
            Measure on a machine that does nothing else: a second busy process costs a step on two \
            threads several times its length.

            Example: duet bench train-step --inputs finetune_seed0.safetensors \
            --model smollm2-135m-instruct
            """,
        subcommands: [
            BenchTrainStepCommand.self, BenchGenerateCommand.self, BenchMediaCommand.self,
            BenchEncodersCommand.self,
        ])
}

/// `duet bench train-step`
struct BenchTrainStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-step",
        abstract: "Time the training step on a recorded batch, and check its losses.",
        discussion: """
            The file holds a batch, the first adapters and projectors, optimizer settings and the \
            losses that another program found. Frozen weights stay as the file stores them; \
            --float32 makes floats of them first, which takes more memory. Without a file, \
            --tokens makes up one sequence, and adapters on every linear map are trained. The \
            first step is not counted, unless it is the only one.

            Example: duet bench train-step --inputs finetune_seed0.safetensors \
            --model smollm2-135m-instruct --steps 8
            """)

    @Option(
        help: ArgumentHelp("The recorded batch, in safetensors.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var inputs: String?

    @Option(help: "Instead of a recorded batch, one made-up sequence of this many tokens.")
    var tokens: Int?

    @Flag(help: "Make 32-bit floats of the frozen weights first.")
    var float32 = false

    @Flag(help: "Keep one input of each layer and run the layers twice.")
    var gradientCheckpointing = false

    @Option(
        help: ArgumentHelp(
            "The language model: a pretrained part's name, or a path.", valueName: "model"))
    var model: String

    @Option(help: "What the file must train: pretrain or finetune.")
    var stage: String?

    @Option(help: "How many steps are made.")
    var steps = 8

    @Option(help: "Threads to compute with; all cores when left out.")
    var threads: Int?

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if (inputs == nil) == (tokens == nil) {
            throw ValidationError("expected either --inputs or --tokens")
        }
        if let tokens, tokens < 2 {
            throw ValidationError("--tokens \(tokens): expected 2 or more")
        }
        if steps < 1 { throw ValidationError("--steps \(steps): expected 1 or more") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads): expected 1 to 1024")
        }
        if let stage, TrainStepBenchmark.Stage(rawValue: stage) == nil {
            throw ValidationError("--stage \(stage): expected pretrain or finetune")
        }
    }

    func run() async throws {
        let console = Console()
        if let threads { Parallel.use(threads: threads) }
        let path = try Assets().path(of: model)
        let savings = TrainStepBenchmark.Savings(
            storedWeights: !float32, gradientCheckpointing: gradientCheckpointing)
        let benchmark =
            if let inputs {
                try TrainStepBenchmark(
                    inputs: inputs, model: path,
                    stage: stage.flatMap(TrainStepBenchmark.Stage.init), savings: savings)
            } else {
                try TrainStepBenchmark(
                    madeUpTokens: tokens ?? 0, model: path, savings: savings)
            }
        var progress = ProgressDisplay("steps", totalCount: steps, on: console)
        let report = try benchmark.run(steps: steps) { progress.update(doneCount: $0) }
        progress.finish()
        if json { return try console.part(report.json() + "\n") }
        try console.result(Table(facts: Self.facts(report)).text)
    }

    private static func facts(
        _ report: TrainStepBenchmark.Report
    ) -> [(name: String, value: String)] {
        func seconds(_ value: Double) -> String { "\(Quantity.fixed(value, digits: 3)) s" }
        var facts: [(name: String, value: String)] = [
            (
                "step",
                "\(seconds(report.sPerStepMedian)) median, \(seconds(report.sPerStepMin)) least"
            ),
            (
                "of it",
                "\(seconds(report.sForwardMedian)) forward, "
                    + "\(seconds(report.sBackwardMedian)) back, "
                    + "\(seconds(report.sOptimizerMedian)) optimizer"
            ),
            (
                "tokens",
                "\(Quantity.count(report.realTokens)), "
                    + "\(Quantity.fixed(report.realTokensPerS, digits: 0)) a second"
            ),
            (
                "operations",
                "\(Quantity.fixed(report.gflopPerStep, digits: 0)) GFLOP, "
                    + "\(Quantity.fixed(report.gflopPerS, digits: 0)) GFLOP/s on "
                    + "\(report.threads) threads (\(report.blasCore))"
            ),
            ("peak memory", Quantity.bytes(Int(report.peakRssMb * 1_048_576))),
        ]
        if let error = report.maximumLossError {
            let verdict =
                error <= TrainStepBenchmark.lossTolerance
                ? "within" : "outside \(TrainStepBenchmark.lossTolerance):"
            facts.append(
                ("losses", "\(verdict) \(error) of the recorded ones in the first 8 steps"))
        }
        return facts
    }
}
