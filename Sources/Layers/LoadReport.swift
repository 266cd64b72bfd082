/// What happened to every tensor when a model was put together.
public struct LoadReport: Sendable {
    /// A tensor whose stored shape is not the model's.
    public struct Mismatch: Sendable {
        /// The tensor's path.
        public let path: String
        /// The shape the model needs.
        public let expected: [Int]
        /// The shape the source has.
        public let found: [Int]
    }

    /// A tensor the source doesn't have.
    public struct Missing: Sendable {
        /// The tensor's path.
        public let path: String
        /// The shape the model needs.
        public let shape: [Int]
        /// What the source would call it, where that is not its path.
        public let storedName: String?
    }

    /// Where the tensors come from.
    public internal(set) var source = "weights"
    /// Paths read from the source, in the order the model asked.
    public internal(set) var loaded: [String] = []
    /// Paths that got first values because the blueprint allows it.
    public internal(set) var initialized: [String] = []
    /// Tensors the source doesn't have.
    public internal(set) var missing: [Missing] = []
    /// Tensors of another shape.
    public internal(set) var mismatched: [Mismatch] = []
    /// Paths of the source that the model did not ask for.
    public internal(set) var unused: [String] = []

    /// The unused path most like another, or nil when none is close.
    ///
    /// Source: Levenshtein's edit distance, at most half of the path's length
    public func nearestUnused(to path: String) -> String? {
        let best =
            unused
            .map { (name: $0, distance: Self.distance(Array($0.utf8), Array(path.utf8))) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= path.utf8.count / 2 else { return nil }
        return best.name
    }

    /// How many missing paths get the name nearest to them in an error.
    private static let suggestionCount = 8

    /// One line about tensors of the source that the model has no use for, or nil when there are none.
    public var unusedNote: String? {
        guard let first = unused.first else { return nil }
        let what = unused.count == 1 ? "1 tensor is" : "\(unused.count) tensors are"
        return "\(source): \(what) not used by the model, such as \(first)"
    }

    /// One error that lists every missing and mismatched tensor, or nil when there is none.
    var problem: LayerError? {
        guard !missing.isEmpty || !mismatched.isEmpty else { return nil }
        var lines: [String] = []
        for (index, tensor) in missing.enumerated() {
            let nearest = index < Self.suggestionCount ? nearestUnused(to: tensor.path) : nil
            lines.append(
                "\(tensor.path) \(tensor.shape)"
                    + (tensor.storedName.map { ", there \($0)," } ?? "") + " is missing"
                    + (nearest.map { " (unused and nearest: \($0))" } ?? ""))
        }
        lines += mismatched.map { "\($0.path) is \($0.found), expected \($0.expected)" }
        return LayerError(
            .weights, subject: source,
            detail: "\(missing.count) missing, \(mismatched.count) of another shape, "
                + "\(unused.count) unused: "
                + lines.joined(separator: ", "),
            hint: "check that configuration and weights belong together")
    }

    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var row = Array(0...second.count)
        for (i, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in second.indices {
                let substituted = diagonal + (byte == second[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[second.count]
    }
}
