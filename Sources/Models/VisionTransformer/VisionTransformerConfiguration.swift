public import Tensors

/// The sizes of CLIP's or SigLIP's vision tower.
///
/// Source: Radford et al. 2021 (arXiv:2103.00020); Zhai et al. 2023 (arXiv:2303.15343)
public struct VisionTransformerConfiguration: Sendable, Equatable {
    /// The two designs.
    public enum Family: String, Sendable {
        /// A class token before the patches, normalisation before and behind the layers.
        case clip = "CLIP"
        /// Patches alone, pooled by attention.
        case sigLIP = "SigLIP"
    }

    /// The design.
    public var family: Family
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// The width inside the feed-forward part.
    public var feedForwardSize: Int
    /// The number of layers.
    public var layerCount: Int
    /// The number of attention heads.
    public var headCount: Int
    /// Pixels of a picture's side.
    public var pictureSide: Int
    /// Pixels of a patch's side.
    public var patchSide: Int
    /// The activation of the feed-forward part.
    public var activation: GELUForm
    /// ε of the normalisations.
    public var normEpsilon: Double
    /// The width of the space that CLIP shares with text.
    public var projectionSize: Int
    /// Whether SigLIP pools by attention.
    public var hasPoolingHead: Bool

    /// Takes all sizes.
    ///
    /// Throws: `ModelError` listing every size out of range
    public init(
        family: Family, hiddenSize: Int, feedForwardSize: Int, layerCount: Int, headCount: Int,
        pictureSide: Int, patchSide: Int, activation: GELUForm, normEpsilon: Double,
        projectionSize: Int, hasPoolingHead: Bool = true
    ) throws {
        self.family = family
        self.hiddenSize = hiddenSize
        self.feedForwardSize = feedForwardSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.pictureSide = pictureSide
        self.patchSide = patchSide
        self.activation = activation
        self.normEpsilon = normEpsilon
        self.projectionSize = projectionSize
        self.hasPoolingHead = hasPoolingHead
        try validate()
    }

    /// Patches along a side; a remainder of pixels is left out.
    public var patchesPerSide: Int { pictureSide / patchSide }
    /// Patches of a picture.
    public var patchCount: Int { patchesPerSide * patchesPerSide }
    /// Rows of a picture: its patches, and CLIP's class token before them.
    public var tokenCount: Int { patchCount + (family == .clip ? 1 : 0) }

    /// Checks that the sizes are possible and belong together.
    ///
    /// Throws: `ModelError` listing every size out of range
    public func validate() throws {
        let sizes = [
            ("hidden size", hiddenSize, 1 << 14), ("feed-forward size", feedForwardSize, 1 << 16),
            ("layers", layerCount, 1 << 8), ("attention heads", headCount, 1 << 10),
            ("picture side", pictureSide, 1 << 12), ("patch side", patchSide, 1 << 10),
            ("projection size", projectionSize, 1 << 14),
        ]
        var problems = sizes.filter { $0.1 < 1 || $0.1 > $0.2 }.map {
            "\($0.0) \($0.1) is outside of 1...\($0.2)"
        }
        if problems.isEmpty, !hiddenSize.isMultiple(of: headCount) {
            problems.append("\(headCount) heads don't divide hidden size \(hiddenSize)")
        }
        if problems.isEmpty, patchSide > pictureSide {
            problems.append("patches of \(patchSide) pixels in pictures of \(pictureSide)")
        }
        if !(normEpsilon > 0 && normEpsilon < 1) {
            problems.append("normalisation ε \(normEpsilon) is outside of 0...1")
        }
        guard problems.isEmpty else {
            throw ModelError(
                .configuration, subject: "\(family.rawValue) vision tower",
                detail: problems.joined(separator: ", "),
                hint: "check the tower's configuration")
        }
    }

    /// CLIP ViT-B/32.
    ///
    /// Source: transformers' defaults of CLIPVisionConfig
    public static func clipB32() throws -> VisionTransformerConfiguration {
        try VisionTransformerConfiguration(
            family: .clip, hiddenSize: 768, feedForwardSize: 3072, layerCount: 12, headCount: 12,
            pictureSide: 224, patchSide: 32, activation: .quick, normEpsilon: 1e-5,
            projectionSize: 512)
    }

    /// CLIP ViT-L/14.
    ///
    /// Source: Radford et al. 2021, table 20
    public static func clipL14() throws -> VisionTransformerConfiguration {
        try VisionTransformerConfiguration(
            family: .clip, hiddenSize: 1024, feedForwardSize: 4096, layerCount: 24, headCount: 16,
            pictureSide: 224, patchSide: 14, activation: .quick, normEpsilon: 1e-5,
            projectionSize: 768)
    }
}
