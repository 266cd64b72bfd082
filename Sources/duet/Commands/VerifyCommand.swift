import ArgumentParser
import Foundation
import Training
import Verification

/// `duet verify`
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare with what reference programs computed.",
        discussion: """
            Takes a folder of fixtures: folders and files whose names begin with their kind, such \
            as llama_tiny or clip_vision, with inputs, expected outputs, weights and settings in \
            them. Each comparison is a row with its largest error and what is allowed. The exit \
            code is 0 when all of them pass.

            Example: duet verify Tests/Fixtures/parity
            """)

    @Argument(help: "The folder of fixtures.", completion: .directory)
    var folder: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() async throws {
        let console = Console()
        let verifier = Verifier(folder: folder) { try? Assets().path(ofFile: $0) }
        var progress: ProgressDisplay?
        let report = try verifier.run {
            progress = progress ?? ProgressDisplay("verify", totalCount: $1, on: console)
            progress?.update(doneCount: $0)
        }
        progress?.finish()
        if json { try console.json(report) } else { try console.result(Self.text(report)) }
        guard report.hasPassed else {
            throw CommandFailure(
                .data, folder,
                "\(report.failures.count) of \(report.rows.count) comparisons failed",
                hint: "see the rows that say so")
        }
    }

    private static func text(_ report: VerificationReport) -> String {
        var table = Table([
            ("fixture", .leading), ("compared", .leading), ("count", .trailing),
            ("largest error", .trailing), ("allowed", .trailing), ("", .leading),
        ])
        for row in report.rows {
            let verdict = row.hasPassed ? "pass" : "FAIL"
            table.add([
                row.fixture, row.compared, Quantity.count(row.count),
                row.maximumError.map(number) ?? "–", allowance(row),
                row.note.map { "\(verdict): \($0)" } ?? verdict,
            ])
        }
        let failed = report.failures.count
        let summary =
            "\(report.rows.count) comparisons of \(report.fixtureCount) fixtures, "
            + (failed == 0 ? "all passed" : "\(failed) failed")
        return "\(table.text)\n\n\(summary)"
    }

    private static func allowance(_ row: VerificationRow) -> String {
        if row.maximumError == nil { return "–" }
        if row.absoluteTolerance == 0, row.relativeTolerance == 0 { return "exact" }
        let parts = [
            row.absoluteTolerance > 1e-20 ? number(row.absoluteTolerance) : nil,
            row.relativeTolerance > 0 ? "\(number(row.relativeTolerance)) |x|" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " + ")
    }

    /// Three digits are enough to see how far an error is from what is allowed.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e6 { return String(Int(value)) }
        let exponent = Int(log10(abs(value)).rounded(.down))
        let mantissa = value / pow(10, Double(exponent))
        return "\(Quantity.fixed(mantissa, digits: 1))e\(exponent)"
    }
}
