internal import Datasets
internal import Files
internal import Foundation

/// `metrics.jsonl`: one JSON object a line for every step and validation.
///
/// A resumed run drops the lines after its checkpoint first, so that each step stands there once.
final class MetricsLog {
    private let handle: FileHandle
    private let path: String
    /// Rows of all steps that stand in the log, and their tokens.
    private(set) var packing = PackingCounts()

    /// Opens the log for steps after `step`.
    init(path: String, keepingStepsUpTo step: Int) throws {
        self.path = path
        do {
            var kept = Data()
            if step > 0, let old = FileManager.default.contents(atPath: path) {
                for line in old.split(separator: UInt8(ascii: "\n")) {
                    guard
                        let row = try? JSONSerialization.jsonObject(with: Data(line))
                            as? [String: Any],
                        let number = row["step"] as? Int, number <= step
                    else { continue }
                    packing = packing + (PackingCounts(row) ?? PackingCounts())
                    kept += Data(line) + [UInt8(ascii: "\n")]
                }
            }
            try kept.write(to: URL(fileURLWithPath: path), options: .atomic)
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.seekToEnd()
        } catch {
            throw MetricsLog.failure(path, error)
        }
    }

    func write(_ report: StepReport) throws {
        var row: [String: Any] = [
            "step": report.step, "epoch": report.epoch, "loss": report.loss,
            "gradient_norm": report.gradientNorm,
            "gradient_norms": report.gradientNorms, "learning_rate": report.learningRate,
            "seconds": report.seconds, "waiting_seconds": report.waitingSeconds,
            "tokens_per_second": report.tokensPerSecond,
        ]
        row.merge(report.packing.object) { $1 }
        row["modalities"] = MetricsLog.object(report.modalities)
        try write(row)
        packing = packing + report.packing
    }

    func write(_ report: ValidationReport) throws {
        try write([
            "step": report.step, "validation_loss": report.loss,
            "modalities": MetricsLog.object(report.modalities), "is_best": report.isBest,
        ])
    }

    func write(_ skipped: [SkippedSample]) throws {
        try write([
            "step": 0, "skipped": skipped.count,
            "skipped_samples": skipped.map(MetricsLog.object),
        ])
    }

    /// A sample as JSON; also in the run's summary.
    static func object(_ sample: SkippedSample) -> [String: Any] {
        var row = ["file": sample.file, "reason": sample.reason]
        row["row"] = sample.row
        row["id"] = sample.id
        return row
    }

    func write(_ report: RelianceReport) throws {
        try write(["step": report.step, "reliance": MetricsLog.object(report)])
    }

    /// The report as JSON; also in the run's summary.
    static func object(_ report: RelianceReport) -> [String: Any] {
        [
            "step": report.step, "samples": report.sampleCount, "loss": report.loss,
            "muted_loss": report.mutedLoss, "blanked_loss": report.blankedLoss,
            "swapped_loss": report.swappedLoss, "audio": report.audio, "visual": report.visual,
            "match": report.match,
        ]
    }

    /// Makes sure that what was written outlives a power cut, as a checkpoint does.
    func synchronize() throws {
        do { try handle.synchronize() } catch { throw MetricsLog.failure(path, error) }
    }

    private static func object(_ reports: [Modality: ModalityReport]) -> [String: Any] {
        var result: [String: Any] = [:]
        for (modality, report) in reports {
            var row: [String: Any] = [
                "samples": report.sampleCount, "tokens": report.tokenCount,
                "supervised_tokens": report.supervisedCount,
            ]
            if let loss = report.loss { row["loss"] = loss }
            if let norm = report.gradientNorm { row["gradient_norm"] = norm }
            result[modality.rawValue] = row
        }
        return result
    }

    private func write(_ row: [String: Any]) throws {
        do {
            let data = try JSONSerialization.data(withJSONObject: row, options: [.sortedKeys])
            try handle.write(contentsOf: data + [UInt8(ascii: "\n")])
        } catch {
            throw MetricsLog.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: any Error) -> TrainingError {
        TrainingError(
            .storage, subject: path, detail: "cannot be written: \(error.systemReason)",
            hint: "free space or check permissions, then continue with --resume")
    }
}
