/// Low-rank adaptation (LoRA) with the settings, names and meanings PEFT gives them.
///
/// Formula: y = W·x + s·B·(A·dropout(x)), s = alpha / rank, or alpha / √rank when rank-stabilised
/// Source:  Hu et al. 2021 (arXiv:2106.09685); Kalajdzievski 2023 (arXiv:2312.03732); PEFT's LoraConfig
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
        /// The factor of the adapter's output.
        public let scale: Double
        /// The share of inputs dropped in training.
        public let dropoutRate: Double
    }

    /// Which linear maps get an adapter.
    public let targets: Targets
    /// The rank where no pattern says otherwise.
    public let rank: Int
    /// The numerator of the scale where no pattern says otherwise.
    public let alpha: Double
    /// The share of inputs dropped in training.
    public let dropoutRate: Double
    /// Ranks of modules whose path ends in a match of the key, a regular expression.
    public let rankPatterns: [String: Int]
    /// Alphas of modules whose path ends in a match of the key, a regular expression.
    public let alphaPatterns: [String: Double]
    /// The layers that get adapters, or nil for all.
    public let layers: [Int]?
    /// Whether the scale divides by √rank instead of by rank.
    public let isRankStabilized: Bool

    /// Checks and takes the settings.
    ///
    /// Throws: `LayerError` naming the first value out of range or pattern that is no regular expression
    public init(
        targets: Targets, rank: Int, alpha: Double, dropoutRate: Double = 0,
        rankPatterns: [String: Int] = [:], alphaPatterns: [String: Double] = [:],
        layers: [Int]? = nil, isRankStabilized: Bool = false
    ) throws {
        self.targets = targets
        self.rank = rank
        self.alpha = alpha
        self.dropoutRate = dropoutRate
        self.rankPatterns = rankPatterns
        self.alphaPatterns = alphaPatterns
        self.layers = layers
        self.isRankStabilized = isRankStabilized
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
        let rank = try Self.value(of: rankPatterns, for: module) ?? rank
        let alpha = try Self.value(of: alphaPatterns, for: module) ?? alpha
        let divisor = isRankStabilized ? Double(rank).squareRoot() : Double(rank)
        return Settings(rank: rank, scale: alpha / divisor, dropoutRate: dropoutRate)
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

    /// The value whose key matches the end of a path from a dot on; the first in sorted order wins.
    private static func value<Value>(
        of patterns: [String: Value], for module: String
    ) throws -> Value? {
        for (key, value) in patterns.sorted(by: { $0.key < $1.key }) {
            if try Regex("(.*\\.)?(\(key))").wholeMatch(in: module) != nil { return value }
        }
        return nil
    }

    private func validate() throws {
        func reject(_ subject: String, _ detail: String, _ hint: String) -> LayerError {
            LayerError(.plan, subject: subject, detail: detail, hint: hint)
        }
        if targetNames.isEmpty || targetNames.contains("") {
            throw reject("lora targets", "an empty name or list", "name linear maps, e.g. q_proj")
        }
        for rank in [rank] + rankPatterns.values where rank < 1 {
            throw reject("lora rank", "\(rank) is not positive", "use 1 or more, e.g. 16")
        }
        for alpha in [alpha] + alphaPatterns.values where !(alpha > 0 && alpha.isFinite) {
            throw reject("lora alpha", "\(alpha) is not positive", "use e.g. twice the rank")
        }
        guard dropoutRate >= 0, dropoutRate < 1 else {
            throw reject("lora dropout", "\(dropoutRate) is out of range", "use 0 ..< 1")
        }
        var expressions = Array(rankPatterns.keys) + Array(alphaPatterns.keys)
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
