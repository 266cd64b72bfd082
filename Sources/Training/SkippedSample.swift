/// A sample that is left out of a run because it cannot be trained on.
public struct SkippedSample: Sendable, Equatable {
    /// Its annotation file.
    public let file: String
    /// Its row, where that is known.
    public let row: String?
    /// Its id, where that could be read.
    public let id: String?
    /// Why it cannot be trained on.
    public let reason: String

    /// Samples that are told one by one; the summary lists all.
    private static let listLimit = 20

    /// The sample on one line.
    var text: String {
        let place = [file, row, id.map { "(id \"\($0)\")" }].compactMap { $0 }
        return "\(place.joined(separator: " ")): \(reason)"
    }

    /// What to tell of skipped samples; nothing when there are none.
    static func notices(_ samples: [SkippedSample]) -> [String] {
        guard !samples.isEmpty else { return [] }
        var lines = ["skipped \(samples.count) bad samples:"]
        lines += samples.prefix(listLimit).map { "  \($0.text)" }
        if samples.count > listLimit {
            lines.append("  and \(samples.count - listLimit) more, listed in summary.json")
        }
        return [lines.joined(separator: "\n")]
    }
}
