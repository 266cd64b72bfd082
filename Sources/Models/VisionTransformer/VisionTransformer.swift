import Kernels
public import Layers
package import Tensors

/// The vision tower of CLIP or SigLIP: features of each patch, or of each picture.
///
/// Rows of all pictures lie one after the other, so every layer is a few large products.
/// Source: Radford et al. 2021 (arXiv:2103.00020); Zhai et al. 2023 (arXiv:2303.15343); transformers'
/// CLIPVisionModel and SiglipVisionModel
public struct VisionTransformer: MediaEncoder {
    /// The sizes.
    public let configuration: VisionTransformerConfiguration
    /// Which output the features are.
    public let features: VisionFeatures
    private let normalization: PixelNormalization
    private let neededLayerCount: Int
    private let patchWeight: Parameter
    private let patchBias: Parameter?
    private let positions: Parameter
    private let classToken: Parameter?
    private let preNorm: LayerNorm?
    private let layers: [EncoderLayer]
    private let postNorm: LayerNorm
    private let projection: Linear?
    private let head: AttentionPooling?

    /// About how many rows are computed at a time; more would only need more memory.
    private static let rowsAtATime = 4_096

    /// Claims the hub's names below `vision_model`, and `visual_projection`.
    ///
    /// Throws: `ModelError` when the tower doesn't have the features
    public init(
        _ configuration: VisionTransformerConfiguration, features: VisionFeatures = .init(),
        normalization: PixelNormalization, hasProjection: Bool, at scope: Scope
    ) throws {
        self.configuration = configuration
        self.features = features
        self.normalization = normalization
        neededLayerCount = try features.layerCount(of: configuration, hasProjection: hasProjection)
        let (c, tower) = (configuration, scope / "vision_model")
        let isCLIP = c.family == .clip
        let embeddings = tower / "embeddings"
        let patch = embeddings / "patch_embedding"
        let fill = Fill.fanIn(3 * c.patchSide * c.patchSide)
        patchWeight = try patch.parameter(
            "weight", shape: [c.hiddenSize, 3, c.patchSide, c.patchSide], fill: fill)
        patchBias =
            try isCLIP
            ? nil : patch.parameter("bias", shape: [c.hiddenSize], fill: fill)
        positions = try (embeddings / "position_embedding").parameter(
            "weight", shape: [c.tokenCount, c.hiddenSize], fill: .normal(deviation: 0.02))
        classToken =
            try isCLIP
            ? embeddings.parameter(
                "class_embedding", shape: [c.hiddenSize], fill: .normal(deviation: 0.02)) : nil
        func norm(_ name: String) throws -> LayerNorm {
            try LayerNorm(size: c.hiddenSize, epsilon: c.normEpsilon, at: tower / name)
        }
        preNorm = try isCLIP ? norm("pre_layrnorm") : nil
        layers = try (0..<c.layerCount).map {
            try EncoderLayer(c, at: tower / "encoder" / "layers" / $0)
        }
        postNorm = try norm("post_layernorm")
        projection =
            try isCLIP && hasProjection
            ? Linear(
                inputs: c.hiddenSize, outputs: c.projectionSize, at: scope / "visual_projection")
            : nil
        head = try !isCLIP && c.hasPoolingHead ? AttentionPooling(c, at: tower / "head") : nil
    }

    /// The hidden size, or CLIP's projection size for embeddings.
    public var featureSize: Int {
        features.output == .embedding ? configuration.projectionSize : configuration.hiddenSize
    }

    /// One time cell a frame, and in it a cell a patch, or one cell.
    ///
    /// Throws: `ModelError` when frames aren't of the configured side
    public func encode(_ inputs: [FrameSequence]) throws -> [FeatureGrid] {
        let framesAtATime = max(1, Self.rowsAtATime / configuration.tokenCount)
        return try inputs.map { frames in
            try check(frames)
            let parts = stride(from: 0, to: frames.frameCount, by: framesAtATime).map { first in
                let range = first..<min(first + framesAtATime, frames.frameCount)
                return chosen(
                    state(of: patches(of: frames, range), after: neededLayerCount),
                    pictureCount: range.count)
            }
            let side = features.output == .patches ? configuration.patchesPerSide : 1
            return FeatureGrid(
                timeCount: frames.frameCount, rowCount: side, columnCount: side,
                values: Tensor.concatenated(parts, axis: 0))
        }
    }

    /// The input of the first layer and the output of each up to one, all pictures one after the other.
    ///
    /// Shapes: patches [n · patches, side · side · 3] → each [n · tokens, hidden]
    package func hiddenStates(of patches: Tensor, upTo last: Int) -> [Tensor] {
        var states: [Tensor] = []
        _ = state(of: patches, after: last) { states.append($0) }
        return states
    }

    /// The output of a layer; `observe` gets the input of the first one and the output of each.
    private func state(
        of patches: Tensor, after last: Int, observe: (Tensor) -> Void = { _ in }
    ) -> Tensor {
        let count = patches.shape[0] / configuration.patchCount
        let tokens = configuration.tokenCount
        let segments = (0..<count).map { AttentionSegment(start: $0 * tokens, count: tokens) }
        var x = embedded(patches, count: count)
        observe(x)
        for layer in layers.prefix(last) {
            x = layer(x, segments: segments)
            observe(x)
        }
        return x
    }

    /// The tower's final output, from its last layer's: SigLIP normalises it.
    package func final(_ state: Tensor) -> Tensor {
        configuration.family == .clip ? state : postNorm(state)
    }

    /// One vector a picture, from the last layer's output.
    ///
    /// Shapes: [n · tokens, hidden] → [n, hidden]
    package func pooled(_ state: Tensor, pictureCount: Int) -> Tensor? {
        switch configuration.family {
        case .clip: postNorm(classTokens(of: state, pictureCount: pictureCount))
        case .sigLIP: head.map { $0(postNorm(state), pictureCount: pictureCount) }
        }
    }

    /// Pooled vectors in the space shared with text, not normalised.
    package func embeddings(_ pooled: Tensor) -> Tensor? { projection.map { $0(pooled) } }

    /// The patches of normalised pictures, as rows.
    ///
    /// Shapes: [n, side, side, 3] → [n · patches, patch side · patch side · 3]
    package func patches(ofNormalized pictures: Tensor) -> Tensor {
        let (side, across) = (configuration.patchSide, configuration.patchesPerSide)
        let kept = pictures.slice(axis: 1, 0..<across * side).slice(axis: 2, 0..<across * side)
        return kept.reshaped([pictures.shape[0], across, side, across, side, 3])
            .transposed([0, 1, 3, 2, 4, 5])
            .reshaped([pictures.shape[0] * across * across, side * side * 3])
    }

    private func check(_ frames: FrameSequence) throws {
        let side = configuration.pictureSide
        guard frames.pixelsHigh == side, frames.pixelsWide == side else {
            throw ModelError(
                .input, subject: "frames",
                detail: "\(frames.pixelsWide) × \(frames.pixelsHigh) pixels; "
                    + "expected \(side) × \(side)",
                hint: "use the preprocessor_config.json that belongs to the weights")
        }
    }

    /// The patches of some frames, normalised on the way from bytes to rows.
    private func patches(of frames: FrameSequence, _ range: Range<Int>) -> Tensor {
        let (side, across) = (configuration.patchSide, configuration.patchesPerSide)
        let (width, run) = (frames.pixelsWide * 3, side * 3)
        let frameSize = frames.pixelsHigh * width
        let table = normalization.table
        return Tensor(
            shape: [range.count * across * across, side * run],
            filling: { buffer in
                frames.rgb.withUnsafeBufferPointer { rgb in
                    table.withUnsafeBufferPointer { table in
                        var to = 0
                        for patch in 0..<range.count * across * across {
                            let (row, column) = (patch / across % across, patch % across)
                            let frame = range.lowerBound + patch / (across * across)
                            let corner = frame * frameSize + row * side * width + column * run
                            for line in 0..<side {
                                for x in 0..<run {
                                    let byte = rgb[corner + line * width + x]
                                    buffer[to] = table[x % 3 * 256 + Int(byte)]
                                    to += 1
                                }
                            }
                        }
                    }
                }
            })
    }

    /// Formula: x = prenorm([class; W·patch (+ b)] + positions)
    private func embedded(_ patches: Tensor, count: Int) -> Tensor {
        let c = configuration
        let weight = patchWeight.tensor.transposed([0, 2, 3, 1])
            .reshaped([c.hiddenSize, patches.shape[1]])
        var x = patches.linear(weight, bias: patchBias?.tensor)
            .reshaped([count, c.patchCount, c.hiddenSize])
        if let classToken {
            let row = classToken.tensor.reshaped([1, 1, c.hiddenSize])
            let rows = Tensor.concatenated([Tensor](repeating: row, count: count), axis: 0)
            x = Tensor.concatenated([rows, x], axis: 1)
        }
        x = (x + positions.tensor).reshaped([count * c.tokenCount, c.hiddenSize])
        return preNorm?(x) ?? x
    }

    private func classTokens(of state: Tensor, pictureCount: Int) -> Tensor {
        state.gatheringRows((0..<pictureCount).map { Int32($0 * configuration.tokenCount) })
    }

    /// The rows that the features ask for.
    private func chosen(_ state: Tensor, pictureCount: Int) -> Tensor {
        let isFinal = features.layer == nil
        switch features.output {
        case .classToken: return classTokens(of: state, pictureCount: pictureCount)
        case .pooled, .embedding:
            // The initializer has checked that the parts are there.
            let pooled = pooled(state, pictureCount: pictureCount)
            guard let result = features.output == .pooled ? pooled : pooled.flatMap(embeddings)
            else { preconditionFailure("vision tower: \(features.output) without its part") }
            return result
        case .patches:
            let state = isFinal ? final(state) : state
            guard configuration.family == .clip else { return state }
            let shape = [pictureCount, configuration.tokenCount, configuration.hiddenSize]
            return state.reshaped(shape).slice(axis: 1, 1..<configuration.tokenCount)
                .reshaped([pictureCount * configuration.patchCount, configuration.hiddenSize])
        }
    }
}

extension EncoderLayer {
    /// One layer of CLIP's or SigLIP's vision tower.
    fileprivate init(_ configuration: VisionTransformerConfiguration, at scope: Scope) throws {
        try self.init(
            Sizes(
                hiddenSize: configuration.hiddenSize,
                feedForwardSize: configuration.feedForwardSize,
                headCount: configuration.headCount, normEpsilon: configuration.normEpsilon,
                activation: configuration.activation, keyHasBias: true),
            names: Names(
                attentionNorm: "layer_norm1", feedForwardNorm: "layer_norm2", feedForward: "mlp"),
            at: scope)
    }
}
