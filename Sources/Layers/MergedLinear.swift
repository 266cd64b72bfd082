public import Tensors

/// Several linear maps of one input as a single product; each keeps its own name and adapter.
///
/// Formula: y = x·[W₁; W₂; …]ᵀ + [b₁; b₂; …] (+ each part's adapter on its own rows)
/// Shapes:  x [t, inputs] → [t, sum of outputs], parts side by side
public struct MergedLinear {
    /// One of the maps.
    public struct Part: Sendable {
        package let name: String
        package let outputs: Int
        package let hasBias: Bool

        /// Names a part, for instance `q_proj`.
        public init(_ name: String, outputs: Int, hasBias: Bool = false) {
            self.name = name
            self.outputs = outputs
            self.hasBias = hasBias
        }
    }

    /// Rows of several parameters: frozen ones as one, or a trained concatenation made at each call.
    private enum Rows {
        case packed(Weight)
        case separate([RowBlock])

        var weight: Weight {
            switch self {
            case .packed(let weight): weight
            case .separate: .tensor(tensor)
            }
        }

        var tensor: Tensor {
            switch self {
            case .packed(let weight): weight.values
            case .separate(let blocks): Tensor.concatenated(blocks.map(\.tensor), axis: 0)
            }
        }
    }

    /// One part's rows; zeros where the model has no parameter.
    private enum RowBlock {
        case parameter(Parameter)
        case absent(Tensor)

        var tensor: Tensor {
            switch self {
            case .parameter(let parameter): parameter.tensor
            case .absent(let zeros): zeros
            }
        }
    }

    private let weight: Rows
    private let bias: Rows?
    private let adapted: AdaptedMap

    /// Claims `<name>.weight` and, where it has one, `<name>.bias` of each part.
    public init(_ parts: [Part], inputs: Int, at scope: Scope) throws {
        let fill = Fill.fanIn(inputs)
        weight = try Self.rows(
            parts.map { ("\($0.name).weight", $0.outputs) }, rowShape: [inputs], fill: fill, scope)
        bias =
            try parts.contains { $0.hasBias }
            ? Self.rows(
                parts.map { ($0.hasBias ? "\($0.name).bias" : nil, $0.outputs) }, rowShape: [],
                fill: fill, scope) : nil
        var adapters: [(Adapter, Range<Int>)] = []
        var start = 0
        for part in parts {
            let outputs = start..<(start + part.outputs)
            start = outputs.upperBound
            let place = scope / part.name
            if let adapter = try place.adapter(inputs: inputs, outputs: part.outputs) {
                adapters.append((adapter, outputs))
            }
        }
        adapted = AdaptedMap(adapters: adapters)
    }

    /// Maps each row by every part; the seed switches on dropout in the adapters, each with its own mask.
    public func callAsFunction(_ x: Tensor, dropoutSeed: UInt64? = nil) -> Tensor {
        adapted(x, weight.weight, bias: bias?.tensor, dropoutSeed: dropoutSeed)
    }

    private static func rows(
        _ parts: [(name: String?, rows: Int)], rowShape: [Int], fill: Fill, _ scope: Scope
    ) throws -> Rows {
        guard parts.contains(where: { $0.name.map(scope.isTrained) ?? false }) else {
            if let columns = rowShape.first,
                let stored = try scope.storedMatrices(parts, columns: columns)
            {
                return .packed(.stored(stored))
            }
            let packed = try scope.packed(parts, rowShape: rowShape, fill: fill)
            return .packed(.tensor(packed ?? Tensor.zeros([0], type: scope.scalarType)))
        }
        return .separate(
            try parts.map { part in
                let shape = [part.rows] + rowShape
                guard let name = part.name else {
                    return .absent(Tensor.zeros(shape, type: scope.scalarType))
                }
                return .parameter(try scope.parameter(name, shape: shape, fill: fill))
            })
    }
}
