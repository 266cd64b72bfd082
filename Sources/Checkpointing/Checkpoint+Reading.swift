extension Checkpoint {
    private typealias Attribute = CheckpointLayout.Attribute

    /// Reads a checkpoint and checks that nothing in it has changed since it was written.
    ///
    /// Throws: when the file is missing, damaged, not a checkpoint, or of another format version.
    public static func read(from path: String) throws(CheckpointError) -> Checkpoint {
        var reader = try CheckpointReader(path: path)
        let header = try Header(&reader)
        let checkpoint = Checkpoint(
            tensors: try reader.arrays(in: CheckpointLayout.tensors),
            optimizer: Optimizer(
                steps: header.optimizerSteps,
                firstMoments: try reader.arrays(in: CheckpointLayout.firstMoments),
                secondMoments: try reader.arrays(in: CheckpointLayout.secondMoments)),
            progress: Progress(
                step: header.step, epoch: header.epoch, position: header.position,
                window: try window(&reader)),
            random: header.random, recipe: header.recipe, digests: header.digests,
            ledger: try reader.ledger(), metrics: header.metrics,
            modalityTokens: header.modalityTokens, createdBy: header.createdBy,
            wallTimeSeconds: header.wallTimeSeconds)
        try reader.verify()
        return checkpoint
    }

    private static func window(_ reader: inout CheckpointReader) throws(CheckpointError) -> Window?
    {
        guard try reader.has("window", in: CheckpointLayout.progress) else { return nil }
        let group = CheckpointLayout.window
        return Window(
            batchCount: try reader.integer(Attribute.batchCount, of: group),
            weight: try reader.number(Attribute.weight, of: group),
            loss: try reader.number(Attribute.loss, of: group),
            gradients: try reader.arrays(in: group))
    }

    /// What a checkpoint says besides its arrays and its ledger.
    struct Header {
        let createdBy: String
        let wallTimeSeconds: Double
        let optimizerSteps: [String: Int]
        let step: Int
        let epoch: Int
        let position: Int
        let random: [String: UInt64]
        let digests: [String: String]
        let metrics: [String: Double]
        let modalityTokens: [String: String]
        let recipe: String

        init(_ reader: inout CheckpointReader) throws(CheckpointError) {
            createdBy = try reader.text(Attribute.createdBy, of: CheckpointLayout.root)
            wallTimeSeconds = try reader.number(
                Attribute.wallTimeSeconds, of: CheckpointLayout.root)
            try reader.attributes(of: CheckpointLayout.optimizer)
            optimizerSteps = try reader.values(
                of: CheckpointLayout.optimizerSteps, "an int64 number"
            ) {
                if case .integer(let number) = $0 { Int(exactly: number) } else { nil }
            }
            step = try reader.integer(Attribute.step, of: CheckpointLayout.progress)
            epoch = try reader.integer(Attribute.epoch, of: CheckpointLayout.progress)
            position = try reader.integer(Attribute.position, of: CheckpointLayout.progress)
            random = try reader.values(of: CheckpointLayout.random, "a uint64 number") {
                if case .unsigned(let number) = $0 { number } else { nil }
            }
            digests = try reader.values(of: CheckpointLayout.digests, "a text") {
                if case .text(let text) = $0 { text } else { nil }
            }
            metrics = try reader.values(of: CheckpointLayout.metrics, "a float64 number") {
                if case .number(let number) = $0 { number } else { nil }
            }
            modalityTokens = try reader.values(of: CheckpointLayout.modalityTokens, "a text") {
                if case .text(let text) = $0 { text } else { nil }
            }
            recipe = try reader.text(at: CheckpointLayout.recipe)
        }
    }
}
