import Checkpointing

extension Checkpoint {
    /// A small checkpoint that uses every field.
    static func sample(step: Int = 12, loss: Double = 1.25) -> Checkpoint {
        let names = (0..<12).map { "model.layers.\($0).self_attn.q_proj.lora_A.weight" }
        func arrays(_ scale: Float) -> [String: StoredArray<Float>] {
            var arrays: [String: StoredArray<Float>] = [:]
            for (index, name) in names.enumerated() {
                arrays[name] = StoredArray(
                    shape: [2, 3], scalars: (0..<6).map { Float(index * 6 + $0) * scale })
            }
            return arrays
        }
        return Checkpoint(
            tensors: arrays(0.5),
            optimizer: Optimizer(
                steps: Dictionary(uniqueKeysWithValues: names.map { ($0, step) }),
                firstMoments: arrays(0.1), secondMoments: arrays(0.01)),
            progress: Progress(
                step: step, epoch: 1, position: 7,
                window: Window(batchCount: 1, weight: 31, loss: 40.5, gradients: arrays(2))),
            random: ["seed": .max, "dropout": 3], recipe: "name: sample\n# trained words: dés\n",
            digests: ["models/language.gguf": String(repeating: "ab", count: 32)],
            ledger: Ledger(
                modalities: ["visual", "audio"],
                counts: ["clip/1": [1, 0], "clip \"2\"\n": [2, 5]]),
            metrics: ["validation_loss": loss, "best_validation_loss": 1.0],
            modalityTokens: ["visual": "<image>", "audio": "<audio>"], createdBy: "duet 0.1.0",
            wallTimeSeconds: 81.5)
    }
}
