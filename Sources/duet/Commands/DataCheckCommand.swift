import ArgumentParser
import Datasets
import Recipes
import Training

/// `duet data check`
struct DataCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong with annotated data.",
        discussion: """
            Reads the annotation files and decodes all their media to the end. Told are rows that \
            are wrong, tags that do not fit the media, empty answers, media that are missing, \
            empty, undecodable, silent or black, or lack the sound or pictures asked for, tracks \
            of a video of different length (by more than half a second and a tenth), and the same \
            content in two splits, or in two files whose rows name no split. The exit code is 65 \
            when anything is wrong. Sound files of another length than the video they go with are \
            told, too, but may be meant.

            Formats, found out from the first row or named by --format: \
            \(AnnotationFormat.allCases.map(\.rawValue).joined(separator: ", ")). A recipe stands \
            for all the files that it names, with the formats it gives.

            Example: duet data check Data/AVStamps/mini/mini.json
            """)

    @Argument(
        help: ArgumentHelp("Annotation files, or recipes.", valueName: "manifest"),
        completion: .file(extensions: ["json", "jsonl", "csv", "yaml", "yml"]))
    var manifests: [String]

    @OptionGroup var annotations: AnnotationOptions

    @Flag(help: "Print all that is found as JSON.")
    var json = false

    func run() async throws {
        let console = Console()
        let interruption = Interruption(listeningToSignals: true)
        let (sources, tags) = try namedSources()
        let check = try DataCheck(sources, tags: tags)
        var display: ProgressDisplay?
        let report = try await check.run(interruption: interruption) { done, total in
            display = display ?? ProgressDisplay("check media", totalCount: total, on: console)
            display?.update(doneCount: done)
        }
        display?.finish()
        if json { try console.json(report) } else { try console.result(report.text) }
        guard report.examinedCount == report.mediaCount else {
            throw CommandFailure(
                .stopped, "data check",
                "was stopped after \(report.examinedCount) of \(report.mediaCount) media",
                hint: "run it again for the rest")
        }
        guard report.isSound else {
            throw CommandFailure(
                .data, "data check", "\(Quantity.count(report.faultCount)) things are wrong",
                hint: "see above; correct the data, or leave these samples out")
        }
    }

    /// The annotation files with what is said of them, and the tags that their rows use.
    private func namedSources() throws -> ([AnnotationSource], MediaTags) {
        var sources: [AnnotationSource] = []
        var tags: [MediaTags] = []
        for path in manifests {
            guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else {
                sources.append(annotations.source(path))
                tags.append(.standard)
                continue
            }
            let recipe = try Recipe(contentsOf: path)
            sources += recipe.data.train.map { AnnotationSource($0.annotations) }
            sources += recipe.data.validation.map { AnnotationSource($0) }
            tags.append(try MediaTags(recipe.model))
        }
        guard let first = tags.first, tags.allSatisfy({ $0 == first }) else {
            throw CommandFailure(
                .usage, "manifests", "use different media tags", hint: "check them one at a time")
        }
        return (sources, first)
    }
}

extension DataReport {
    /// Findings of a kind that are listed; `--json` has all.
    private static let listLimit = 20

    /// The report as tables and lists.
    package var text: String {
        var table = Table([
            ("file", .leading), ("format", .leading), ("rows", .trailing), ("samples", .leading),
        ])
        for file in files {
            let samples: [String] = file.samples.sorted { $0.key < $1.key }
                .map { "\(Quantity.count($0.value)) \($0.key)" }
            table.add([
                file.path, file.format, Quantity.count(file.rows),
                samples.isEmpty ? "none" : samples.joined(separator: ", "),
            ])
        }
        var parts: [String] = [table.text]
        let remarks: [String] = files.flatMap { file in
            file.remarks.map { "\(file.path): \($0)" }
        }
        if !remarks.isEmpty { parts.append(remarks.joined(separator: "\n")) }
        for kind in DataFinding.Kind.allCases {
            let found: [DataFinding] = findings.filter { $0.kind == kind }
            guard !found.isEmpty else { continue }
            let remark: String = kind.isFault ? "" : " (may be meant)"
            var lines: [String] = ["\(kind.rawValue): \(Quantity.count(found.count))\(remark)"]
            lines += found.prefix(Self.listLimit).map { "  \($0.text)" }
            if found.count > Self.listLimit {
                lines.append("  and \(Quantity.count(found.count - Self.listLimit)) more")
            }
            parts.append(lines.joined(separator: "\n"))
        }
        parts.append(
            "\(Quantity.count(examinedCount)) media, "
                + (faultCount == 0 ? "nothing wrong" : "\(Quantity.count(faultCount)) things wrong")
        )
        return parts.joined(separator: "\n\n")
    }
}
