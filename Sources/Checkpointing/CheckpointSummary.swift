extension Checkpoint {
    /// What a checkpoint says about itself, read without its arrays.
    public struct Summary: Sendable, Equatable {
        /// The size of the file.
        public let byteCount: Int
        /// The program and version that wrote the checkpoint.
        public let createdBy: String
        /// The time the run has trained so far.
        public let wallTimeSeconds: Double
        /// The number of optimizer steps done.
        public let step: Int
        /// The epoch in progress, from 0.
        public let epoch: Int
        /// The number of batches of that epoch already used.
        public let position: Int
        /// Whether the run stopped inside a window of gradient accumulation.
        public let hasWindow: Bool
        /// The shapes of the trained parameters by path.
        public let shapes: [String: [Int]]
        /// Seeds and other state that random draws depend on, by name.
        public let random: [String: UInt64]
        /// The digests of the frozen files by name.
        public let digests: [String: String]
        /// Figures by name.
        public let metrics: [String: Double]
        /// The name of each modality's token, by modality.
        public let modalityTokens: [String: String]
        /// The recipe the run was started with.
        public let recipe: String
        /// The SHA-256 digest of the content, as it was written.
        public let contentDigest: String

        /// The number of trained scalars.
        public var parameterCount: Int { shapes.values.reduce(0) { $0 + $1.reduce(1, *) } }
    }

    /// Reads how often each sample was trained on, without the other arrays.
    ///
    /// Throws: when the file is missing, damaged, not a checkpoint, or of another format version.
    public static func ledger(of path: String) throws(CheckpointError) -> Ledger {
        var reader = try CheckpointReader(path: path)
        return try reader.ledger()
    }

    /// Reads what a checkpoint says about itself, without reading or checking its arrays.
    ///
    /// Throws: when the file is missing, damaged, not a checkpoint, or of another format version.
    public static func summary(of path: String) throws(CheckpointError) -> Summary {
        var reader = try CheckpointReader(path: path)
        let header = try Header(&reader)
        return Summary(
            byteCount: reader.byteCount, createdBy: header.createdBy,
            wallTimeSeconds: header.wallTimeSeconds, step: header.step, epoch: header.epoch,
            position: header.position,
            hasWindow: try reader.has("window", in: CheckpointLayout.progress),
            shapes: try reader.shapes(in: CheckpointLayout.tensors), random: header.random,
            digests: header.digests, metrics: header.metrics,
            modalityTokens: header.modalityTokens, recipe: header.recipe,
            contentDigest: try reader.text(
                CheckpointLayout.Attribute.contentDigest, of: CheckpointLayout.root))
    }
}
