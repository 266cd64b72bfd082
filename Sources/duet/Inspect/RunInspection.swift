import Checkpointing
import Foundation

/// What a run's folder holds.
package struct RunInspection: Sendable, Encodable {
    /// A checkpoint of the run.
    package struct Saved: Sendable, Encodable {
        package let path: String
        package let step: Int
        package let byteCount: Int
        package let validationLoss: Double?
        package let isBest: Bool
    }

    package let kind = "run"
    package let path: String
    package let checkpoints: [Saved]
    /// The training loss of each step.
    package let losses: [Double]
    package let validationLosses: [Double]
    package let trainedSeconds: Double?

    private enum CodingKeys: String, CodingKey {
        case kind, path, checkpoints, losses, validationLosses, trainedSeconds
    }

    /// Whether a folder is one of a run: it holds checkpoints or a log of steps.
    package static func isRun(_ path: String) throws -> Bool {
        try CheckpointFolder(path: path).latest() != nil
            || FileManager.default.fileExists(atPath: MetricsReader.path(inRun: path))
    }

    /// Reads the log and what the checkpoints say about themselves.
    ///
    /// Throws: `CheckpointError` or `CommandFailure` when one of them cannot be read
    package init(_ path: String) throws {
        self.path = path
        let folder = CheckpointFolder(path: path)
        let best = try folder.best(by: "validation_loss")
        let summaries = try folder.entries().map { ($0, try Checkpoint.summary(of: $0.path)) }
        checkpoints = summaries.map { entry, summary in
            Saved(
                path: entry.path, step: entry.step, byteCount: summary.byteCount,
                validationLoss: summary.metrics["validation_loss"], isBest: entry == best)
        }
        trainedSeconds = summaries.last?.1.wallTimeSeconds
        let metrics = try MetricsReader(run: path)
        losses = metrics.losses
        validationLosses = metrics.validationLosses
    }

    /// The run as aligned lines, its losses as a plot.
    package var text: String {
        var facts: [(name: String, value: String)] = [
            ("run", path), ("steps", Quantity.count(losses.count)),
        ]
        if let trainedSeconds {
            facts.append(("trained for", Quantity.duration(seconds: trainedSeconds)))
        }
        facts += LossPlot.facts("loss", losses)
        facts += LossPlot.facts("validation loss", validationLosses)
        if checkpoints.isEmpty {
            facts.append(("checkpoints", "none"))
            return Table(facts: facts).text
        }
        var table = Table([
            ("checkpoint", .leading), ("bytes", .trailing), ("validation loss", .trailing),
            ("", .leading),
        ])
        for saved in checkpoints {
            table.add([
                saved.path, Quantity.bytes(saved.byteCount),
                saved.validationLoss.map { Quantity.fixed($0, digits: 4) } ?? "-",
                saved.isBest ? "best" : "",
            ])
        }
        return Table(facts: facts).text + "\n\n" + table.text
    }
}

/// Losses as one line.
package enum LossPlot {
    private static let columnCount = 60

    /// The plot and the first and last value; nothing without values.
    package static func facts(
        _ name: String, _ losses: [Double]
    ) -> [(name: String, value: String)] {
        guard let first = losses.first, let last = losses.last else { return [] }
        return [
            (name, Sparkline.text(of: losses, columnCount: columnCount)),
            ("", "\(Quantity.fixed(first, digits: 3)) → \(Quantity.fixed(last, digits: 3))"),
        ]
    }
}
