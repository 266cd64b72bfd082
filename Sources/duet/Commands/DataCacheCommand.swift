import ArgumentParser
import Recipes
import Training

/// `duet data cache`
struct DataCacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Show, verify or prune the features kept of media.",
        discussion: """
            --verify reads every number and hashes every medium that is known; with --recipe it \
            also computes a random share of the features anew and compares. --prune removes \
            damaged files and the features of media that are gone or changed, and with \
            --keep-gigabytes those least recently used. What is removed is computed again when \
            it is needed. The exit code is 65 when anything is damaged or differs.

            Example: duet data cache Checkpoints/feature-cache --verify
            """)

    @Argument(
        help: "The folder, as data.feature_cache in a recipe names it.", completion: .directory)
    var folder = "Checkpoints/feature-cache"

    @Flag(help: "Read and check all of it.")
    var verify = false

    @Option(
        help: ArgumentHelp(
            "With --verify: whose encoders compute features anew.", valueName: "recipe"),
        completion: .file(extensions: ["yaml", "yml"]))
    var recipe: String?

    @Option(help: ArgumentHelp("The part computed anew, above 0, at most 1.", valueName: "share"))
    var share = 0.01

    @Option(help: "Decides which features are computed anew.")
    var seed: UInt64 = 0

    @Flag(help: "Remove what is damaged or of no use.")
    var prune = false

    @Option(
        help: ArgumentHelp(
            "With --prune: remove the least recently used features beyond this size.",
            valueName: "number"))
    var keepGigabytes: Double?

    @Flag(help: "Print what is found as JSON.")
    var json = false

    func validate() throws {
        if verify && prune {
            throw ValidationError("--verify and --prune exclude each other; give one of them")
        }
        if recipe != nil && !verify { throw ValidationError("--recipe goes with --verify") }
        if !(share > 0 && share <= 1) {
            throw ValidationError("--share \(share): expected more than 0, at most 1")
        }
        if let keepGigabytes {
            guard prune else { throw ValidationError("--keep-gigabytes goes with --prune") }
            guard keepGigabytes >= 0, keepGigabytes <= 1e6 else {
                throw ValidationError("--keep-gigabytes \(keepGigabytes): expected 0 to 1000000")
            }
        }
    }

    func run() async throws {
        let console = Console()
        var report = try FeatureCacheReport(folder: folder)
        var display: ProgressDisplay?
        func progress(_ label: String) -> (Int, Int) -> Void {
            display?.finish()
            display = nil
            return { done, total in
                display = display ?? ProgressDisplay(label, totalCount: total, on: console)
                display?.update(doneCount: done)
            }
        }
        if verify { try report.verify(progress: progress("hash media")) }
        if let recipe {
            let parts = try InputParts(
                recipe: try Recipe(
                    contentsOf: recipe, settings: ["data.feature_cache=\(folder)"]))
            try report.recompute(
                share: share, seed: seed, with: parts.features, progress: progress("encode"))
        }
        if prune {
            try report.prune(
                toByteCount: keepGigabytes.map { Int(($0 * 1e9).rounded()) },
                progress: progress("hash media"))
        }
        display?.finish()
        if json { try console.json(report) } else { try console.result(text(of: report)) }
        guard report.isSound else {
            let count = report.damaged.count + report.differing.count
            throw CommandFailure(
                .data, folder, "\(count) things are wrong",
                hint: report.damaged.isEmpty
                    ? "remove the folder; the features are then computed again"
                    : "duet data cache \(ShellText.quoted(folder)) --prune removes damaged files")
        }
    }

    private func text(of report: FeatureCacheReport) -> String {
        var table = Table([
            ("encoder", .leading), ("features", .trailing), ("size", .trailing),
            ("type", .leading), ("media prepared as", .leading),
        ])
        for group in report.groups {
            table.add([
                group.encoder.map { String($0.prefix(12)) } ?? "not noted",
                Quantity.count(group.count), Quantity.bytes(group.bytes), group.storage,
                group.preprocessing ?? "not noted",
            ])
        }
        var facts: [(name: String, value: String)] = [
            ("folder", report.folder),
            (
                "size",
                "\(Quantity.bytes(report.bytes)) in \(Quantity.count(report.fileCount)) files"
            ),
        ]
        if prune { facts.append(("removed", Quantity.bytes(report.removedBytes))) }
        if verify || prune {
            facts.append(("media changed", Quantity.count(report.changed.count)))
            facts.append(("media gone", Quantity.count(report.gone.count)))
        }
        if verify { facts.append(("damaged", Quantity.count(report.damaged.count))) }
        if recipe != nil {
            facts.append(
                (
                    "computed anew",
                    "\(Quantity.count(report.recomputedCount)), largest difference "
                        + "\(Quantity.number(report.largestDeviation)) of the largest number"
                ))
        }
        var parts = [Table(facts: facts).text]
        if !report.groups.isEmpty { parts.append(table.text) }
        let lines: [String] =
            report.damaged + report.differing
            + report.changed.map { "\($0): changed since it was encoded" }
        if !lines.isEmpty { parts.append(lines.prefix(20).joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }
}
