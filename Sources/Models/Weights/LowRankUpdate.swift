public import Layers
import Tensors

/// The trained factors of one linear map's adapter, apart from any model.
///
/// Formula: ΔW = s·B·A; where m is given (DoRA), the rows of W + ΔW are brought to the lengths m
/// Shapes:  A [r, inputs], B [outputs, r], row-major; m [outputs]
public struct LowRankUpdate: Sendable {
    /// The path of the adapted linear map.
    public let module: String
    /// A's values.
    public let a: [Float]
    /// B's values.
    public let b: [Float]
    /// The rank.
    public let rank: Int
    /// The factor s.
    public let scale: Double
    /// The rows' lengths m, or nil for plain LoRA.
    public let magnitude: [Float]?

    /// Columns of the weight.
    public var inputs: Int { a.count / rank }
    /// Rows of the weight.
    public var outputs: Int { b.count / rank }

    /// Takes the factors.
    ///
    /// Traps: when a factor is no whole number of rows, or there is not one length a row
    public init(
        module: String, a: [Float], b: [Float], rank: Int, scale: Double,
        magnitude: [Float]? = nil
    ) {
        precondition(
            rank > 0 && a.count.isMultiple(of: rank) && b.count.isMultiple(of: rank)
                && (magnitude?.count ?? b.count / rank) == b.count / rank,
            "low-rank update: \(a.count) and \(b.count) values of rank \(rank), "
                + "\(magnitude?.count ?? 0) lengths")
        self.module = module
        self.a = a
        self.b = b
        self.rank = rank
        self.scale = scale
        self.magnitude = magnitude
    }

    /// The update that a model's adapter holds.
    public init(_ adapter: Adapter) {
        self.init(
            module: adapter.module, a: adapter.a.value.floats, b: adapter.b.value.floats,
            rank: adapter.settings.rank, scale: adapter.settings.scale,
            magnitude: adapter.decomposition?.magnitude.value.floats)
    }

    /// The endings of an update's paths behind the linear map's, as in PEFT's files.
    public enum Ending: String, CaseIterable, Sendable {
        /// A
        case a = ".lora_A.weight"
        /// B
        case b = ".lora_B.weight"
        /// m
        case magnitude = ".lora_magnitude_vector"
    }

    /// The linear map whose update a path is a part of; nil when it is none.
    public static func module(of path: String) -> String? {
        Ending.allCases.first { path.hasSuffix($0.rawValue) }
            .map { String(path.dropLast($0.rawValue.count)) }
    }

    /// All parts by the paths that a model has for them.
    public var tensors: [(path: String, shape: [Int], values: [Float])] {
        var result: [(path: String, shape: [Int], values: [Float])] = [
            (module + Ending.a.rawValue, [rank, inputs], a),
            (module + Ending.b.rawValue, [outputs, rank], b),
        ]
        if let magnitude {
            result.append((module + Ending.magnitude.rawValue, [outputs], magnitude))
        }
        return result
    }

    /// A weight with the update in it.
    ///
    /// Shapes: [outputs, inputs] → [outputs, inputs]
    public func merged(into weight: [Float]) -> [Float] {
        withoutGradients {
            let change = Tensor(b, shape: [outputs, rank])
                .matmul(Tensor(a, shape: [rank, inputs])).scaled(by: scale)
            let sum = Tensor(weight, shape: [outputs, inputs]) + change
            guard let magnitude else { return sum.floats }
            return WeightDecomposition.rescaled(
                sum, to: Tensor(magnitude, shape: [outputs])
            ).floats
        }
    }

    /// All parts of updates, as a model takes them.
    public static func weights(_ updates: [LowRankUpdate]) -> DictionaryWeights {
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for part in updates.flatMap(\.tensors) { tensors[part.path] = (part.shape, part.values) }
        return DictionaryWeights(tensors)
    }

    /// The plan that gives exactly these linear maps their adapters; nil when there is none.
    ///
    /// Throws: `LayerError` for a scale or rank out of range
    static func adaptation(_ updates: [LowRankUpdate]) throws -> LowRankAdaptation? {
        guard let first = updates.first else { return nil }
        return try LowRankAdaptation(
            targets: .suffixes(updates.map(\.module)), rank: first.rank,
            alpha: first.scale * Double(first.rank),
            patterns: updates.map {
                LowRankAdaptation.Pattern(
                    $0.module.replacing(".", with: "\\."), rank: $0.rank,
                    alpha: $0.scale * Double($0.rank))
            }, isWeightDecomposed: first.magnitude != nil)
    }
}
