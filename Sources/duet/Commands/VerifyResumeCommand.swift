import ArgumentParser
import Checkpointing
import Recipes
import Verification

/// `duet verify-resume`
struct VerifyResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-resume",
        abstract: "Check that a stopped run continues to the same bits.",
        usage: "duet verify-resume <recipe> [<options>]",
        discussion: """
            Trains a recipe for a few steps straight through, then again with stops after some of \
            them, each followed by a new start from the checkpoint, and compares the last states: \
            weights, optimizer, place in the data, metrics, and how often each sample was seen. \
            With --kills, a run is also killed that often, at random moments. The runs go to a \
            temporary folder; the exit code is 0 when all states are equal.

            Example: duet verify-resume Recipes/quickstart-finetune.yaml --steps 6
            """)

    @OptionGroup var options: RecipeOptions

    @Option(help: ArgumentHelp("Steps of each run.", valueName: "count"))
    var steps = 6

    @Option(
        help: ArgumentHelp(
            "Runs that are stopped once, each after another step, besides one that is stopped after "
                + "all of these.",
            valueName: "count"))
    var stops = 3

    @Option(
        help: ArgumentHelp(
            "Kill a run this often, at random moments, as a power cut would.",
            valueName: "count"))
    var kills = 0

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if steps < 2 { throw ValidationError("--steps \(steps): expected 2 or more") }
        if stops < 0 || kills < 0 || stops + kills == 0 {
            throw ValidationError("expected --stops or --kills of 1 or more, and neither below 0")
        }
    }

    func run() async throws {
        let console = Console()
        let verifier = try ResumeVerifier(stepCount: steps) {
            try options.read(with: $0)
        }
        let report: ResumeReport
        do {
            report = try await compare(verifier, console)
        } catch {
            try verifier.removeRuns()
            throw error
        }
        try verifier.removeRuns()
        if json { try console.json(report) } else { try console.result(Self.text(report)) }
        let failedCount = report.rows.count { !$0.differing.isEmpty }
        guard failedCount == 0 else {
            throw CommandFailure(
                .fault, options.path,
                "\(failedCount) of \(report.rows.count) continued runs ended in another state than "
                    + "the straight one", hint: "keep the recipe and report it as a fault")
        }
    }

    private func compare(
        _ verifier: ResumeVerifier, _ console: Console
    ) async throws -> ResumeReport {
        let points = verifier.stops(count: stops)
        let isRepeated = points.count > 1
        var progress = ProgressDisplay(
            "verify", totalCount: 1 + points.count + (isRepeated ? 1 : 0) + min(kills, 1),
            on: console)
        let start = ContinuousClock.now
        let straight = try await verifier.straight()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var doneCount = 1
        var rows: [ResumeReport.Row] = []
        func add(_ row: ResumeReport.Row) {
            rows.append(row)
            doneCount += 1
            progress.update(doneCount: doneCount)
        }
        progress.update(doneCount: doneCount)
        for point in points {
            add(try await verifier.stopped(after: [point], straight: straight))
        }
        if isRepeated { add(try await verifier.stopped(after: points, straight: straight)) }
        if kills > 0 { add(try await kill(verifier, straight, seconds: seconds)) }
        progress.finish()
        return ResumeReport(
            stepCount: verifier.stepCount, digest: try straight.stateDigest(), rows: rows)
    }

    /// A run that is killed, when the straight one took these seconds.
    private func kill(
        _ verifier: ResumeVerifier, _ straight: Checkpoint, seconds: Double
    ) async throws -> ResumeReport.Row {
        let settings =
            options.settings + (try verifier.settings("killed")) + ["checkpoint.every_steps=1"]
        let killer = ProcessKiller(
            arguments: ["train", options.path, "--resume"] + settings.flatMap { ["--set", $0] },
            longestSeconds: ProcessKiller.longestSeconds(
                starting: max(0, seconds - straight.wallTimeSeconds),
                working: straight.wallTimeSeconds, kills: kills))
        let killedCount = try await killer.run(kills: kills)
        guard killedCount == kills else {
            throw CommandFailure(
                .usage, "--kills \(kills)",
                "the run came to its end after \(killedCount) of them",
                hint: "give it more --steps")
        }
        return try ResumeReport.Row(
            "killed \(kills) times", try verifier.state(of: "killed"), straight: straight)
    }

    private static func text(_ report: ResumeReport) -> String {
        var table = Table([("run", .leading), ("SHA-256 of its end", .leading), ("", .leading)])
        func short(_ digest: String) -> String { "\(digest.prefix(16))…" }
        table.add(["straight", short(report.digest), ""])
        for row in report.rows {
            table.add([
                row.run, short(row.digest),
                row.differing.isEmpty
                    ? "equal" : "DIFFERS in " + row.differing.joined(separator: ", "),
            ])
        }
        let steps = Quantity.count(report.stepCount)
        return table.text + "\n\n"
            + (report.hasPassed
                ? "all runs of \(steps) steps ended in the same state"
                : "not all runs of \(steps) steps ended in the same state")
    }
}
