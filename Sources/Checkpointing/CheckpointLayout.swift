/// The names inside a checkpoint file, in one place for writing, reading and summing up.
enum CheckpointLayout {
    /// What the attribute `format` of a checkpoint says.
    static let format = "duet-checkpoint"

    static let root = "/"
    static let tensors = "tensors"
    static let optimizer = "optimizer"
    static let optimizerSteps = "optimizer/steps"
    static let firstMoments = "optimizer/m"
    static let secondMoments = "optimizer/v"
    static let progress = "progress"
    static let window = "progress/window"
    static let random = "random"
    static let digests = "digests"
    static let metrics = "metrics"
    static let modalityTokens = "modality_tokens"
    static let recipe = "recipe"
    static let ledger = "ledger"
    static let ledgerModalities = "ledger/modalities"
    static let ledgerSamples = "ledger/samples"
    static let ledgerCounts = "ledger/counts"

    /// The names of attributes.
    enum Attribute {
        static let format = "format"
        static let formatVersion = "format_version"
        static let createdBy = "created_by"
        static let wallTimeSeconds = "wall_time_seconds"
        static let contentDigest = "content_sha256"
        static let step = "step"
        static let epoch = "epoch"
        static let position = "position"
        static let batchCount = "batch_count"
        static let weight = "weight"
        static let loss = "loss"
    }
}
