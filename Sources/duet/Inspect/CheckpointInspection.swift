import Checkpointing

/// What a checkpoint holds.
package struct CheckpointInspection: Sendable, Encodable {
    /// A trained tensor.
    package struct TensorLine: Sendable, Encodable {
        package let name: String
        package let shape: [Int]
    }

    package let kind = "checkpoint"
    package let path: String
    package let createdBy: String
    package let byteCount: Int
    package let step: Int
    package let epoch: Int
    package let position: Int
    package let trainedSeconds: Double
    package let metrics: [String: Double]
    package let modalityTokens: [String: String]
    package let frozenDigests: [String: String]
    package let contentDigest: String
    package let scalarCount: Int
    package let tensors: [TensorLine]
    package let ledger: LedgerInspection
    package let recipe: String

    private enum CodingKeys: String, CodingKey {
        case kind, path, createdBy, byteCount, step, epoch, position, trainedSeconds, metrics
        case modalityTokens, frozenDigests, contentDigest, scalarCount, tensors, ledger, recipe
    }

    /// Reads what the checkpoint says about itself and which samples it has seen, not its arrays.
    ///
    /// Throws: `CheckpointError`
    package init(_ path: String) throws {
        let summary = try Checkpoint.summary(of: path)
        self.path = path
        createdBy = summary.createdBy
        byteCount = summary.byteCount
        step = summary.step
        epoch = summary.epoch
        position = summary.position
        trainedSeconds = summary.wallTimeSeconds
        metrics = summary.metrics
        modalityTokens = summary.modalityTokens
        frozenDigests = summary.digests
        contentDigest = summary.contentDigest
        scalarCount = summary.parameterCount
        tensors = summary.shapes.sorted { $0.key < $1.key }
            .map { TensorLine(name: $0.key, shape: $0.value) }
        ledger = LedgerInspection(try Checkpoint.ledger(of: path))
        recipe = summary.recipe
    }

    /// The checkpoint as aligned lines, its recipe at the end.
    package var text: String {
        var facts: [(name: String, value: String)] = [
            ("checkpoint", path), ("made by", createdBy),
            ("bytes", Quantity.bytes(byteCount)),
            ("step", Quantity.count(step)),
            ("epoch", "\(epoch), \(Quantity.count(position)) batches of it used"),
            ("trained for", Quantity.duration(seconds: trainedSeconds)),
            ("trained", "\(Quantity.count(scalarCount)) scalars in \(tensors.count) tensors"),
            ("SHA-256", contentDigest),
        ]
        facts += metrics.sorted { $0.key < $1.key }.map { ($0.key, Quantity.number($0.value)) }
        facts += modalityTokens.sorted { $0.key < $1.key }.map { ("\($0.key) token", $0.value) }
        facts += frozenDigests.sorted { $0.key < $1.key }.map { ("frozen \($0.key)", $0.value) }
        var table = Table([("trained tensor", .leading), ("shape", .leading)])
        for tensor in tensors {
            table.add([
                tensor.name, "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]",
            ])
        }
        return [Table(facts: facts).text, ledger.text, table.text, "recipe:\n" + recipe].joined(
            separator: "\n\n")
    }
}
