package import Checkpointing

/// How often samples were trained on, and as what they were shown.
package struct LedgerInspection: Sendable, Encodable {
    /// The samples of one data set that were shown in one modality.
    package struct Line: Sendable, Encodable, Equatable {
        /// The data set's place in the recipe, from 1.
        package let dataset: Int
        package let modality: String
        /// Samples shown at least once.
        package let sampleCount: Int
        /// Times any of them was shown.
        package let total: Int
        /// How often the least shown of them was.
        package let fewest: Int
        /// How often the most shown one was.
        package let most: Int

        package init(
            dataset: Int, modality: String, sampleCount: Int, total: Int, fewest: Int, most: Int
        ) {
            self.dataset = dataset
            self.modality = modality
            self.sampleCount = sampleCount
            self.total = total
            self.fewest = fewest
            self.most = most
        }
    }

    package let lines: [Line]
    /// How often each sample was shown in each modality, by data set, counted from 0, and id.
    package let samples: [String: [String: Int]]

    /// Sums up a checkpoint's ledger.
    package init(_ ledger: Checkpoint.Ledger) {
        var samples: [String: [String: Int]] = [:]
        var counts: [Int: [String: [Int]]] = [:]
        for (name, row) in ledger.counts {
            let dataset: Int = name.split(separator: "/").first.flatMap { Int($0) } ?? 0
            for (modality, count) in zip(ledger.modalities, row) where count > 0 {
                samples[name, default: [:]][modality] = count
                counts[dataset, default: [:]][modality, default: []].append(count)
            }
        }
        self.samples = samples
        lines = counts.sorted { $0.key < $1.key }.flatMap { dataset, byModality in
            ledger.modalities.compactMap { modality in
                byModality[modality].map { shown in
                    Line(
                        dataset: dataset + 1, modality: modality, sampleCount: shown.count,
                        total: shown.reduce(0, +), fewest: shown.min() ?? 0,
                        most: shown.max() ?? 0)
                }
            }
        }
    }

    /// A row for each data set and modality.
    package var text: String {
        if lines.isEmpty { return "no sample was trained on" }
        var table = Table([
            ("data set", .trailing), ("shown as", .leading), ("samples", .trailing),
            ("times", .trailing), ("fewest", .trailing), ("most", .trailing),
        ])
        for line in lines {
            table.add(
                ["\(line.dataset)", line.modality]
                    + [line.sampleCount, line.total, line.fewest, line.most].map(Quantity.count))
        }
        return table.text
    }
}
