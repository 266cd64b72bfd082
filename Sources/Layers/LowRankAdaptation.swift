/// Low-rank adaptation (LoRA) with the settings, names and meanings PEFT gives them.
///
/// Formula: y = W·x + s·B·(A·dropout(x)), s = alpha / rank, or alpha / √rank when rank-stabilised; when
///          weight-decomposed, that of `WeightDecomposition`
/// Source:  Hu et al. 2021 (arXiv:2106.09685); Kalajdzievski 2023 (arXiv:2312.03732); Liu et al. 2024
///          (arXiv:2402.09353); PEFT's LoraConfig
public struct LowRankAdaptation: Sendable, Equatable {
    /// Which linear maps get an adapter.
    public enum Targets: Sendable, Equatable {
        /// Modules whose path is, or ends in a dot and, one of these names.
        case suffixes([String])
        /// Modules whose whole path matches this regular expression.
        case expression(String)
    }

    /// What one linear map gets.
    public struct Settings: Sendable, Equatable {
        /// Rows of A.
        public let rank: Int
        /// The numerator of the scale.
        public let alpha: Double
        /// The factor of the adapter's output.
        public let scale: Double
        /// The share of inputs dropped in training.
        public let dropoutRate: Double
        /// Whether the lengths of the weight's rows are trained, too (DoRA).
        public let isWeightDecomposed: Bool
    }

    /// Other settings for some modules; a value that is nil is as elsewhere.
    public struct Pattern: Sendable, Equatable {
        /// A regular expression that a module's path, or its end from a dot on, matches as a whole.
        public let expression: String
        /// The rank there.
        public let rank: Int?
        /// Alpha there.
        public let alpha: Double?
        /// The share of inputs dropped there.
        public let dropoutRate: Double?

        /// Takes the settings, which `LowRankAdaptation` checks.
        public init(
            _ expression: String, rank: Int? = nil, alpha: Double? = nil,
            dropoutRate: Double? = nil
        ) {
            self.expression = expression
            self.rank = rank
            self.alpha = alpha
            self.dropoutRate = dropoutRate
        }
    }

    /// Which linear maps get an adapter.
    public let targets: Targets
    /// The rank where no pattern says otherwise.
    public let rank: Int
    /// The numerator of the scale where no pattern says otherwise.
    public let alpha: Double
    /// The share of inputs dropped in training where no pattern says otherwise.
    public let dropoutRate: Double
    /// Exceptions by path; of each setting the first match that gives it counts.
    public let patterns: [Pattern]
    /// The layers that get adapters, or nil for all.
    public let layers: [Int]?
    /// Whether the scale divides by √rank instead of by rank.
    public let isRankStabilized: Bool
    /// Whether the lengths of the adapted weights' rows are trained, too (DoRA).
    public let isWeightDecomposed: Bool

    /// Checks and takes the settings.
    ///
    /// Throws: `LayerError` naming the first value out of range or pattern that is no regular expression
    public init(
        targets: Targets, rank: Int, alpha: Double, dropoutRate: Double = 0,
        patterns: [Pattern] = [], layers: [Int]? = nil, isRankStabilized: Bool = false,
        isWeightDecomposed: Bool = false
    ) throws {
        self.targets = targets
        self.rank = rank
        self.alpha = alpha
        self.dropoutRate = dropoutRate
        self.patterns = patterns
        self.layers = layers
        self.isRankStabilized = isRankStabilized
        self.isWeightDecomposed = isWeightDecomposed
        try validate()
    }

    /// The adapter of a linear map, or nil when it gets none.
    ///
    /// Throws: when a pattern is no regular expression, which `init` has ruled out
    public func settings(for module: String) throws -> Settings? {
        guard try target(of: module) != nil else { return nil }
        if let layers {
            guard let layer = Self.layer(of: module), layers.contains(layer) else { return nil }
        }
        let matches = try patterns(matching: module)
        let rank = matches.firstValue(of: \.rank) ?? rank
        let alpha = matches.firstValue(of: \.alpha) ?? alpha
        let divisor = isRankStabilized ? Double(rank).squareRoot() : Double(rank)
        return Settings(
            rank: rank, alpha: alpha, scale: alpha / divisor,
            dropoutRate: matches.firstValue(of: \.dropoutRate) ?? dropoutRate,
            isWeightDecomposed: isWeightDecomposed)
    }

    /// The targets as texts, to report those that match nothing.
    var targetNames: [String] {
        switch targets {
        case .suffixes(let names): names
        case .expression(let text): [text]
        }
    }

    /// The target that means a module, or nil.
    func target(of module: String) throws -> String? {
        switch targets {
        case .suffixes(let names):
            return names.first { module == $0 || module.hasSuffix("." + $0) }
        case .expression(let text):
            return try Regex(text).wholeMatch(in: module) == nil ? nil : text
        }
    }

    /// The number in `….name.NUMBER.…`, as PEFT finds it when no `layers_pattern` is given: the last one.
    static func layer(of module: String) -> Int? {
        let parts = module.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 3 else { return nil }
        return parts[2..<(parts.count - 1)].last { Int($0) != nil }.flatMap { Int($0) }
    }

    /// The patterns that mean a module, in order.
    func patterns(matching module: String) throws -> [Pattern] {
        try patterns.filter {
            try Regex("(.*\\.)?(\($0.expression))").wholeMatch(in: module) != nil
        }
    }

    private func validate() throws {
        func reject(_ subject: String, _ detail: String, _ hint: String) -> LayerError {
            LayerError(.plan, subject: subject, detail: detail, hint: hint)
        }
        if targetNames.isEmpty || targetNames.contains("") {
            throw reject("lora targets", "an empty name or list", "name linear maps, e.g. q_proj")
        }
        for rank in [rank] + patterns.compactMap(\.rank) where rank < 1 {
            throw reject("lora rank", "\(rank) is not positive", "use 1 or more, e.g. 16")
        }
        for alpha in [alpha] + patterns.compactMap(\.alpha)
        where !(alpha > 0 && alpha.isFinite) {
            throw reject("lora alpha", "\(alpha) is not positive", "use e.g. twice the rank")
        }
        for rate in [dropoutRate] + patterns.compactMap(\.dropoutRate)
        where !(0..<1).contains(rate) {
            throw reject("lora dropout", "\(rate) is out of range", "use 0 ..< 1")
        }
        var expressions = patterns.map(\.expression)
        if case .expression(let text) = targets { expressions.append(text) }
        for text in expressions.sorted() {
            do { _ = try Regex(text) } catch {
                throw reject(
                    "lora pattern '\(text)'", "is not a regular expression: \(error)",
                    "escape special characters or name modules by suffix")
            }
        }
    }
}

extension [LowRankAdaptation.Pattern] {
    /// The first value that is given.
    fileprivate func firstValue<Value>(of setting: (Element) -> Value?) -> Value? {
        for pattern in self {
            if let value = setting(pattern) { return value }
        }
        return nil
    }
}
