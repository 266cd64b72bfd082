import ArgumentParser
import Kernels
import Training

/// `duet bench encoders`
struct BenchEncodersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encoders",
        abstract: "Time the frozen encoders at the sizes of released models.",
        discussion: """
            Weights are random: speed does not depend on them. The first run of each is not counted.

            Example: duet bench encoders --only clip_b32 clap_htsat --json
            """)

    @Option(
        parsing: .upToNextOption,
        help: """
            Encoders to time: clip_b32, clip_l14, clap_htsat, whisper_tiny_encoder, \
            efficientnet_lite0.
            """)
    var only: [String] = []

    @Option(help: "Pictures or sounds at a time.")
    var batch = 8

    @Option(help: "Runs that are counted.")
    var reps = 5

    @Option(help: "Threads to compute with; all cores when left out.")
    var threads: Int?

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        let known = EncoderBenchmark.Encoder.allCases.map(\.rawValue)
        if let name = only.first(where: { !known.contains($0) }) {
            throw ValidationError("--only \(name): expected \(known.joined(separator: ", "))")
        }
        if !(1...1024).contains(batch) || !(1...1000).contains(reps) {
            throw ValidationError("--batch \(batch), --reps \(reps): expected 1 or more")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads): expected 1 to 1024")
        }
    }

    func run() async throws {
        let console = Console()
        if let threads { Parallel.use(threads: threads) }
        let chosen =
            only.isEmpty
            ? EncoderBenchmark.Encoder.allCases
            : only.compactMap(EncoderBenchmark.Encoder.init(rawValue:))
        let report = try EncoderBenchmark(batch: batch, repetitions: reps).run(chosen) {
            console.note("timing \($0.rawValue)")
        }
        if json { return try console.json(report) }
        var table = Table([("encoder", .leading), ("", .leading), ("ms", .trailing)])
        for encoder in chosen {
            let numbers = report.results[encoder.rawValue] ?? [:]
            for (name, value) in numbers.sorted(by: { $0.key < $1.key })
            where name.hasPrefix("ms_per_") {
                table.add([
                    encoder.rawValue, String(name.dropFirst("ms_per_".count)),
                    Quantity.fixed(value, digits: 1),
                ])
            }
        }
        try console.result(table.text)
    }
}
