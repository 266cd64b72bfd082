public import Layers
public import Tensors

/// Which map a projector is; the raw value is LLaVA's `mm_projector_type`.
public enum ProjectorKind: String, Sendable, CaseIterable {
    /// One affine map.
    ///
    /// Source: Liu et al. 2023 (arXiv:2304.08485)
    case linear
    /// Two affine maps with GELU between them.
    ///
    /// Source: Liu et al. 2023 (arXiv:2310.03744), section 3.3
    case mlp2xGELU = "mlp2x_gelu"

    /// The names of the affine maps below the projector's; the first one takes the features.
    public var maps: [String] {
        switch self {
        case .linear: [""]
        case .mlp2xGELU: ["0.", "2."]
        }
    }

    /// The kind whose tensors have these names, below the projector's; nil for no weights.
    public init?(names: some Sequence<String>) {
        let names = Set(names)
        let kind = Self.allCases.first { names.contains("\($0.maps[0])weight") }
        guard let kind else { return nil }
        self = kind
    }
}

/// The trained map from an encoder's features to the language model's embeddings.
///
/// Features are first centred and scaled, channel by channel, by statistics of the training data:
/// encoders' channels differ in scale a hundredfold, and a constant part that is larger than what
/// varies would have to be unlearnt first. With the first map this is still one affine map.
///
/// With boundary tokens, a clip's features stand between two vectors that are trained like embeddings.
///
/// Formula: x = (f − μ) ⊙ s; linear: y = W·x + b; mlp2x_gelu: y = W₂·gelu(W₀·x + b₀) + b₂
/// Shapes:  features [n, feature size], or [n, feature size + 1] of `ClipBoundaries` → [n, hidden]
/// Source:  LLaVA's multimodal_projector/builder.py; names as in its checkpoints
public struct Projector {
    /// The width of one feature vector.
    public let featureSize: Int
    /// Which map it is.
    public let kind: ProjectorKind
    private let first: Linear
    private let second: Linear?
    private let mean: Parameter
    private let scale: Parameter
    private let boundaries: (begin: Parameter, end: Parameter)?

    /// Claims LLaVA's names: `weight` and `bias`, or those of `0` and `2`; and `feature_mean` and
    /// `feature_scale`, which are 0 and 1 where the source lacks them; with boundary tokens also
    /// `begin_token` and `end_token`.
    public init(
        _ kind: ProjectorKind = .linear, featureSize: Int, hiddenSize: Int,
        hasBoundaryTokens: Bool = false, at scope: Scope
    ) throws {
        self.featureSize = featureSize
        self.kind = kind
        func map(_ inputs: Int, _ scope: Scope) throws -> Linear {
            try Linear(inputs: inputs, outputs: hiddenSize, hasBias: true, at: scope)
        }
        switch kind {
        case .linear:
            first = try map(featureSize, scope)
            second = nil
        case .mlp2xGELU:
            first = try map(featureSize, scope / 0)
            second = try map(hiddenSize, scope / 2)
        }
        mean = try scope.statistic("feature_mean", shape: [featureSize], fill: .zeros)
        scale = try scope.statistic("feature_scale", shape: [featureSize], fill: .ones)
        func token(_ name: String) throws -> Parameter {
            try scope.parameter(name, shape: [hiddenSize], fill: .normal(deviation: 0.02))
        }
        boundaries = hasBoundaryTokens ? (try token("begin_token"), try token("end_token")) : nil
    }

    /// Projects each feature vector.
    public func callAsFunction(_ features: Tensor) -> Tensor {
        guard let boundaries else { return mapped(features) }
        let rows = ClipBoundaries.rows(of: features, size: featureSize)
        return mapped(features.slice(axis: 1, 0..<featureSize))
            .replacingRows(rows.begins, with: Self.repeated(boundaries.begin, rows.begins.count))
            .replacingRows(rows.ends, with: Self.repeated(boundaries.end, rows.ends.count))
    }

    private func mapped(_ features: Tensor) -> Tensor {
        let x = (features - mean.tensor) * scale.tensor
        guard let second else { return first(x) }
        return second(first.activated(x, .erf))
    }

    private static func repeated(_ token: Parameter, _ count: Int) -> Tensor {
        token.tensor.reshaped([1, token.shape[0]])
            .gatheringRows([Int32](repeating: 0, count: count))
    }

    /// The share of the mean variance that is added to each channel's, so that channels which hardly
    /// ever vary are not blown up.
    private static let varianceFloor = 0.01

    /// The constant part that is left to each channel, in standard deviations. Under AdamW every weight
    /// moves by about the learning rate, so what all inputs share is learnt through a thousand channels
    /// at once, where a bias alone would take hundreds of steps.
    private static let constantPart = 0.5

    /// Takes the statistics of the features that will be trained on; a fresh projector's outputs then
    /// have about the given root mean square, that of the embeddings of text.
    ///
    /// Formula: σ² = variance + 0.01 · mean variance; s = √3 · r / σ, as fresh weights have variance
    /// 1 / (3 n), and √3 · 2 times as much before GELU, which halves what is small, and another map;
    /// μ = mean − σ / 2
    /// Throws: when there is not one number a channel
    public func measure(mean: [Double], variance: [Double], outputRMS: Double) throws {
        let floor = Self.varianceFloor * variance.reduce(0, +) / Double(max(1, variance.count))
        let deviations = variance.map { $0 + floor > 0 ? ($0 + floor).squareRoot() : 1 }
        let centres = zip(mean, deviations).map { $0 - Self.constantPart * $1 }
        let gain = 3.0.squareRoot() * (kind == .linear ? 1 : 2 * 3.0.squareRoot())
        let type = scale.value.scalarType
        try self.mean.measure(
            Tensor(doubles: centres, shape: [mean.count]).converted(to: type))
        try scale.measure(
            Tensor(
                doubles: deviations.map { outputRMS * gain / $0 },
                shape: [variance.count]
            ).converted(to: type))
    }
}
