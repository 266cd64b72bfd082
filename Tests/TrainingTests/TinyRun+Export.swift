import Checkpointing

extension TinyRun {
    /// A run of one step with the adapters made large, so that they matter.
    static func withLargeAdapters(
        _ settings: [String] = []
    ) async throws -> (run: TinyRun, checkpoint: Checkpoint) {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1"] + settings)
        var checkpoint = try run.checkpoint("run")
        for (name, array) in checkpoint.tensors {
            if name.hasSuffix("lora_B.weight") {
                let values = array.scalars.indices.map { Float(($0 * 7) % 11) / 10 - 0.5 }
                checkpoint.tensors[name] = StoredArray(shape: array.shape, scalars: values)
            } else if name.hasSuffix("lora_magnitude_vector") {
                let values = array.scalars.enumerated().map { $1 * (1 + Float($0 % 5) / 10) }
                checkpoint.tensors[name] = StoredArray(shape: array.shape, scalars: values)
            }
        }
        return (run, checkpoint)
    }
}
