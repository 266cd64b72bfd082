package import Interchange

/// The proof of an export as people read it.
package enum ExportReport {
    /// A row a probe, and what was allowed.
    package static func text(of proof: Proof) -> String {
        var table = Table([
            ("probe", .leading), ("tokens", .trailing), ("largest difference", .trailing),
            ("root mean square", .trailing), ("KL, nats", .trailing),
            ("same next token", .trailing),
        ])
        for entry in proof.probes {
            table.add([
                entry.probe, "\(entry.tokens)", Quantity.number(entry.maximumLogitDifference),
                Quantity.number(entry.rootMeanSquareDifference),
                Quantity.number(entry.meanDivergence), Quantity.percent(entry.sameTopToken),
            ])
        }
        return table.text + "\n\nread back and compared with the checkpoint, whose scores have the "
            + "standard deviation \(Quantity.number(proof.logitDeviation)); allowed: "
            + "\(Quantity.number(proof.allowedLogitDifference)), "
            + "\(Quantity.number(proof.allowedRootMeanSquare)) and "
            + "\(Quantity.number(proof.allowedDivergence)) nats (\(proof.reason)). From the "
            + "checkpoint with its weights stored so: "
            + "\(Quantity.number(proof.unexplainedLogitDifference)), allowed "
            + "\(Quantity.number(proof.allowedUnexplainedDifference))"
    }
}
