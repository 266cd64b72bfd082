/// Which of a vision tower's outputs are the features.
public struct VisionFeatures: Sendable, Hashable {
    /// The kinds of output.
    public enum Output: String, Sendable, CaseIterable {
        /// One vector a patch.
        case patches
        /// CLIP's class token.
        case classToken = "class"
        /// One vector a picture: CLIP's class token normalised, SigLIP's pooling head.
        case pooled
        /// CLIP's vector in the space shared with text.
        case embedding
    }

    /// The layer whose output counts: 0 is the input of the first, −1 the last, −2 the one before; nil for
    /// the tower's final output, which SigLIP normalises.
    public var layer: Int?
    /// The kind.
    public var output: Output

    /// Chooses an output; LLaVA takes the patches of layer −2.
    public init(layer: Int? = nil, output: Output = .patches) {
        self.layer = layer
        self.output = output
    }

    /// Checks the choice against a tower and gives the number of layers that have to run.
    ///
    /// Throws: `ModelError` for a layer or an output that the tower doesn't have
    func layerCount(
        of configuration: VisionTransformerConfiguration, hasProjection: Bool
    ) throws -> Int {
        func problem(_ detail: String, _ hint: String) -> ModelError {
            ModelError(
                .configuration, subject: "\(configuration.family.rawValue) vision tower",
                detail: detail, hint: hint)
        }
        let count = configuration.layerCount
        let isCLIP = configuration.family == .clip
        if output == .classToken, !isCLIP {
            throw problem("has no class token", "take patches or pooled")
        }
        if output == .embedding, !isCLIP || !hasProjection {
            throw problem("has no visual_projection", "take pooled, or weights that hold it")
        }
        if output == .pooled, !isCLIP, !configuration.hasPoolingHead {
            throw problem("has no pooling head", "take patches")
        }
        guard let layer else { return count }
        if output == .pooled || output == .embedding {
            throw problem(
                "the \(output.rawValue) output is made of the last layer, not of layer \(layer)",
                "leave the layer out")
        }
        let index = layer < 0 ? count + 1 + layer : layer
        guard (0...count).contains(index) else {
            throw problem(
                "has no layer \(layer)", "name one of 0...\(count) or \(-count - 1)...-1")
        }
        return index
    }
}
