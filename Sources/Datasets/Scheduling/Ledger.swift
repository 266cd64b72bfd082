/// How often each sample has been seen in each modality.
public struct Ledger: Sendable, Hashable, Codable {
    /// What was seen of one data set in one modality.
    public struct Summary: Sendable, Hashable {
        /// Samples seen at least once.
        public let seenCount: Int
        /// Times any sample was seen.
        public let total: Int
        /// How often the least seen of the samples seen was seen.
        public let fewest: Int
        /// How often the most seen sample was seen.
        public let most: Int
    }

    /// Samples in each data set.
    public let sampleCounts: [Int]
    /// Counts by `<data set>/<modality>`, present once something was seen.
    private var counts: [String: [Int32]] = [:]

    /// An empty ledger for data sets of these sizes.
    public init(sampleCounts: [Int]) {
        self.sampleCounts = sampleCounts
    }

    /// The ledger that `arrays` describe, as a checkpoint keeps them.
    ///
    /// Throws: `DatasetError.Kind.invalidLedger` when a name, length or count cannot be
    public init(sampleCounts: [Int], arrays: [String: [Int32]]) throws(DatasetError) {
        self.sampleCounts = sampleCounts
        for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
            let parts: [Substring] = name.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let dataset = Int(parts[0]), sampleCounts.indices ~= dataset,
                Modality(rawValue: String(parts[1])) != nil
            else {
                throw DatasetError(
                    .invalidLedger, "ledger \"\(name)\"",
                    "names no data set and modality of this run",
                    hint: "expected a name like 0/visual for one of \(sampleCounts.count) data sets"
                )
            }
            guard array.count == sampleCounts[dataset], array.allSatisfy({ $0 >= 0 }) else {
                throw DatasetError(
                    .invalidLedger, "ledger \"\(name)\"",
                    "holds \(array.count) counts for \(sampleCounts[dataset]) samples",
                    hint: "expected one count of 0 or more for each; was the data changed?")
            }
        }
        counts = arrays
    }

    /// The counts by `<data set>/<modality>`, for a checkpoint.
    public var arrays: [String: [Int32]] { counts }

    /// Counts every sample of a batch once, as what was shown of it.
    ///
    /// Traps: when the batch names a sample that is not in the ledger
    public mutating func record(_ batch: ScheduledBatch) {
        for entry in batch.entries { record(entry.reference, as: entry.shown) }
    }

    /// Counts a sample once.
    public mutating func record(_ reference: SampleReference, as modality: Modality) {
        let sampleCount: Int = sampleCounts[reference.dataset]
        let name = Self.name(reference.dataset, modality)
        counts[name, default: Array(repeating: 0, count: sampleCount)][reference.sample] += 1
    }

    /// How often a sample was seen.
    public func count(of reference: SampleReference, as modality: Modality) -> Int {
        counts[Self.name(reference.dataset, modality)].map { Int($0[reference.sample]) } ?? 0
    }

    /// Adds what another ledger of the same data sets has counted.
    ///
    /// Throws: `DatasetError.Kind.invalidLedger` when the data sets differ in size
    public mutating func merge(_ other: Ledger) throws(DatasetError) {
        guard other.sampleCounts == sampleCounts else {
            throw DatasetError(
                .invalidLedger, "ledger",
                "data sets of \(other.sampleCounts) and \(sampleCounts) samples differ",
                hint: "expected ledgers of the same data sets")
        }
        counts.merge(other.counts) { mine, theirs in zip(mine, theirs).map(+) }
    }

    /// What was seen of a data set in a modality.
    public func summary(dataset: Int, modality: Modality) -> Summary {
        let seen: [Int32] = (counts[Self.name(dataset, modality)] ?? []).filter { $0 > 0 }
        return Summary(
            seenCount: seen.count, total: seen.reduce(0) { $0 + Int($1) },
            fewest: Int(seen.min() ?? 0), most: Int(seen.max() ?? 0))
    }

    private static func name(_ dataset: Int, _ modality: Modality) -> String {
        "\(dataset)/\(modality.rawValue)"
    }
}
