public import Layers
import Tensors

/// The trained factors of one linear map's adapter, apart from any model.
///
/// Formula: ΔW = s·B·A
/// Shapes:  A [r, inputs], B [outputs, r], row-major
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

    /// Columns of the weight.
    public var inputs: Int { a.count / rank }
    /// Rows of the weight.
    public var outputs: Int { b.count / rank }

    /// Takes the factors.
    ///
    /// Traps: when a factor is no whole number of rows
    public init(module: String, a: [Float], b: [Float], rank: Int, scale: Double) {
        precondition(
            rank > 0 && a.count.isMultiple(of: rank) && b.count.isMultiple(of: rank),
            "low-rank update: \(a.count) and \(b.count) values of rank \(rank)")
        self.module = module
        self.a = a
        self.b = b
        self.rank = rank
        self.scale = scale
    }

    /// A weight with the update added.
    ///
    /// Shapes: [outputs, inputs] → [outputs, inputs]
    public func merged(into weight: [Float]) -> [Float] {
        withoutGradients {
            let change = Tensor(b, shape: [outputs, rank])
                .matmul(Tensor(a, shape: [rank, inputs])).scaled(by: scale)
            return (Tensor(weight, shape: [outputs, inputs]) + change).floats
        }
    }

    /// Both factors by the names that a model has for them.
    public static func weights(_ updates: [LowRankUpdate]) -> DictionaryWeights {
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for update in updates {
            tensors["\(update.module).lora_A.weight"] = ([update.rank, update.inputs], update.a)
            tensors["\(update.module).lora_B.weight"] = ([update.outputs, update.rank], update.b)
        }
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
            })
    }
}
