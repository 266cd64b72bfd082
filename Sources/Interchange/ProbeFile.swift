import Tensors
import WeightFiles

/// The inputs that the proof used and the scores that the checkpoint gives them, for other programs.
///
/// For each probe: `<name>.tokens` [t] (as floats), `<name>.embeddings` [t, hidden] with features in the
/// media's places, and `<name>.logits` [v] after the last token.
enum ProbeFile {
    static func write(
        _ probes: [Probe], _ result: ComparedModel.Result, to path: String
    ) throws {
        var tensors: [(name: String, shape: [Int], scalars: [Float])] = []
        let (hidden, width) = (result.embeddings.shape[1], result.logits.shape[1])
        for (probe, range) in zip(probes, result.ranges) {
            tensors.append(
                ("\(probe.name).tokens", [range.count], result.tokens[range].map { Float($0) }))
            tensors.append(
                (
                    "\(probe.name).embeddings", [range.count, hidden],
                    result.embeddings.slice(axis: 0, range).floats
                ))
            let last = range.upperBound - 1
            tensors.append(
                (
                    "\(probe.name).logits", [width],
                    result.logits.slice(axis: 0, last..<last + 1).floats
                ))
        }
        try SafetensorsWriter.write(tensors: tensors, metadata: ["format": "pt"], to: path)
    }
}
