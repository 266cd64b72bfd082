/// How gradients compare with finite differences.
public struct GradientReport: Sendable, Equatable, Encodable {
    /// The parameters of one group.
    public struct Row: Sendable, Equatable, Encodable {
        /// What they are: `visual projector`, `LoRA A`.
        public let group: String
        /// Parameters compared.
        public internal(set) var parameterCount: Int
        /// Their numbers.
        public internal(set) var scalarCount: Int
        /// The largest difference, relative to what is usual for a gradient of that length.
        public internal(set) var maximumError: Double
        /// The parameter with it.
        public internal(set) var worst: String
    }

    /// The largest difference that passes.
    public let tolerance: Double
    /// The groups, in the order of the model.
    public let rows: [Row]
    /// What was left out, and why.
    public let notCompared: String?

    /// Whether all differences are allowed ones.
    public var hasPassed: Bool {
        !rows.isEmpty && rows.allSatisfy { $0.maximumError <= tolerance }
    }

    init(tolerance: Double, rows: [Row], notCompared: String?) {
        self.tolerance = tolerance
        self.notCompared = notCompared
        self.rows = rows
    }

    private enum CodingKeys: String, CodingKey {
        case tolerance, rows, passed
        case notCompared = "not_compared"
    }

    /// The rows, and what follows from them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tolerance, forKey: .tolerance)
        try container.encode(rows, forKey: .rows)
        try container.encode(hasPassed, forKey: .passed)
        try container.encodeIfPresent(notCompared, forKey: .notCompared)
    }
}

extension GradientReport.Row {
    /// What kind of parameter has a path, by Hugging Face's, LLaVA's and PEFT's names.
    static func group(of path: String) -> String {
        let kinds: [(part: String, group: String)] = [
            ("model.mm_projector_a.", "audio projector"),
            ("model.mm_projector.", "visual projector"),
            (".lora_A.", "LoRA A"), (".lora_B.", "LoRA B"),
            (".lora_magnitude_vector", "DoRA magnitudes"), ("embed_tokens", "embeddings"),
            ("lm_head", "output projection"), ("norm.", "norms"), (".bias", "biases"),
        ]
        return kinds.first { path.contains($0.part) }?.group ?? "linear maps"
    }
}
