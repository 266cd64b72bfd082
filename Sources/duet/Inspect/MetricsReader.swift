import Foundation

/// The log of a run, `metrics.jsonl`: one JSON object a line.
package struct MetricsReader {
    /// What of a line is needed here.
    private struct Line: Decodable {
        let loss: Double?
        let validation_loss: Double?
    }

    /// The training loss of each step.
    package private(set) var losses: [Double] = []
    /// The losses on held-out samples.
    package private(set) var validationLosses: [Double] = []

    /// Where a run keeps its log.
    package static func path(inRun folder: String) -> String { "\(folder)/metrics.jsonl" }

    /// Reads the log of a run; a run without one has no losses.
    ///
    /// Throws: `CommandFailure` when there is a log that cannot be read; a last line that is cut
    /// off, as a run leaves it that is still going on, is left out
    package init(run folder: String) throws {
        let path = Self.path(inRun: folder)
        guard FileManager.default.fileExists(atPath: path) else { return }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure(
                .inputOutput, path, "cannot be read", hint: "check its permissions")
        }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        let decoder = JSONDecoder()
        for (index, bytes) in lines.enumerated() {
            do {
                let line = try decoder.decode(Line.self, from: Data(bytes))
                if let loss = line.loss { losses.append(loss) }
                if let loss = line.validation_loss { validationLosses.append(loss) }
            } catch {
                if index == lines.count - 1, data.last != UInt8(ascii: "\n") { continue }
                throw CommandFailure(
                    .data, "\(path):\(index + 1)",
                    "is not a line of a run's log; "
                        + "expected a JSON object with numbers", hint: "remove the line")
            }
        }
    }
}
