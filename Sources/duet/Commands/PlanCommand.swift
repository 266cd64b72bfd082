import ArgumentParser
import Datasets
import Recipes
import Training

/// `duet plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a recipe will take, before it runs.",
        discussion: """
            Counts samples, tokens and steps, makes a few steps of the recipe's sizes and encodes a \
            few media, and tells time and memory from them. Where weights are not here, models of \
            the same sizes with one and four layers tell, and the missing parts are named. Samples \
            that are longer than the recipe allows are named, and make the plan fail. The plan is \
            kept in the run's folder; after the run its summary says how close it came.

            Example: duet plan Recipes/quickstart-finetune.yaml
            """)

    @OptionGroup var options: RecipeOptions

    @Flag(help: "Print the plan as JSON.")
    var json = false

    func run() async throws {
        let console = Console()
        let recipe = try options.read()
        let plan = try Planner(recipe: recipe) { console.note("plan: \($0)") }.plan()
        try RunFolder(path: recipe.outputFolder).keep(plan)
        if json { try console.json(plan) } else { try console.result(PlanText.text(of: plan)) }
        guard plan.tooLong.isEmpty else {
            let some = plan.tooLong.prefix(5).joined(separator: ", ")
            throw CommandFailure(
                .data, "data.maximum_tokens",
                "\(plan.tooLong.count) samples are longer than \(recipe.data.maximumTokenCount) "
                    + "tokens, among them \(some)",
                hint: "raise it, shorten their texts or take fewer frames")
        }
    }
}

/// A plan as tables.
enum PlanText {
    static func text(of plan: RunPlan) -> String {
        [facts(plan), samples(plan), media(plan), notes(plan)].filter { !$0.isEmpty }
            .joined(separator: "\n\n")
    }

    private static func facts(_ plan: RunPlan) -> String {
        let trained = plan.trainedCounts.sorted { $0.key < $1.key }
            .map { "\(Quantity.count($0.value)) in \($0.key)" }
        let parts: [(String, Double)] = [
            ("encoding", plan.seconds.encoding), ("steps", plan.seconds.steps),
            ("norms by modality", plan.seconds.modalityNorms),
            ("validation", plan.seconds.validation), ("reliance", plan.seconds.reliance),
            ("checkpoints", plan.seconds.checkpoints),
        ]
        let spent = parts.filter { $0.1 > 0 }
            .map { "\(Quantity.duration(seconds: $0.1)) \($0.0)" }
        let basis =
            plan.basis == .measured
            ? "steps of this model" : "one and four layers of this size; the weights are not here"
        return Table(facts: [
            ("recipe", plan.name), ("measured on", basis),
            (
                "length",
                "\(Quantity.count(plan.stepCount)) steps, "
                    + "\(Quantity.count(plan.stepsPerEpoch)) an epoch"
            ),
            (
                "tokens",
                "\(Quantity.count(plan.tokenCount)), \(Quantity.count(plan.supervisedCount)) of "
                    + "them learnt\(plan.countsAreExact ? "" : "; reckoned from letters")"
            ),
            (
                "rows",
                "\(Quantity.count(plan.rowCount)) computed"
                    + (plan.countsAreExact ? ", what samples share once; " : "; ")
                    + "\(Quantity.count(plan.paddedCount)) if padded to the longest"
            ),
            ("trained", trained.joined(separator: ", ")),
            ("frozen", Quantity.count(plan.frozenCount)),
            (
                "step",
                "\(Quantity.fixed(plan.secondsPerStep, digits: 2)) s, "
                    + "\(Quantity.fixed(plan.gflopPerStep, digits: 0)) GFLOP at "
                    + "\(Quantity.fixed(plan.gflopPerSecond, digits: 0)) GFLOP/s"
            ),
            (
                "time",
                "\(Quantity.duration(seconds: plan.totalSeconds)): "
                    + spent.joined(separator: ", ")
            ),
            ("peak memory", Quantity.bytes(plan.peakMemoryByteCount)),
        ]).text
    }

    private static func samples(_ plan: RunPlan) -> String {
        var table = Table([
            ("samples", .leading), ("count", .trailing), ("tokens", .trailing),
            ("learnt", .trailing), ("mean", .trailing), ("longest", .trailing),
        ])
        for modality in Modality.allCases {
            guard let part = plan[modality] else { continue }
            table.add([
                modality.rawValue, Quantity.count(part.sampleCount),
                Quantity.count(part.tokenCount), Quantity.count(part.supervisedCount),
                Quantity.count(part.tokenCount / max(1, part.sampleCount)),
                Quantity.count(part.longestTokenCount),
            ])
        }
        return table.text
    }

    private static func media(_ plan: RunPlan) -> String {
        guard !plan.encodings.isEmpty else { return "" }
        var table = Table([
            ("media", .leading), ("clips", .trailing), ("kept", .trailing), ("each", .trailing),
            ("all", .trailing), ("to do", .trailing),
        ])
        for (kind, encoding) in plan.encodings.sorted(by: { $0.key > $1.key }) {
            let isKnown = encoding.secondsPerClip != nil
            func time(_ seconds: Double) -> String {
                isKnown ? Quantity.duration(seconds: seconds) : "?"
            }
            table.add([
                kind, Quantity.count(encoding.clipCount), Quantity.count(encoding.cachedCount),
                encoding.secondsPerClip.map { "\(Quantity.fixed($0 * 1_000, digits: 0)) ms" }
                    ?? "?",
                time(encoding.secondsWithoutCache), time(encoding.seconds),
            ])
        }
        return table.text
    }

    private static func notes(_ plan: RunPlan) -> String {
        var notes = plan.missing.map { "missing: \($0); fetch it before training" }
        if plan.skippedCount > 0 {
            notes.append(
                "\(Quantity.count(plan.skippedCount)) samples are left out, as data.on_bad_sample says; "
                    + "media are not looked into here")
        }
        if plan.cutSoundCount > 0 {
            notes.append(
                "\(Quantity.count(plan.cutSoundCount)) sounds are longer than model.audio.seconds; only "
                    + "their first seconds are heard")
        }
        return notes.joined(separator: "\n")
    }
}
