import Kernels
public import Layers
package import Tensors

/// The encoder of Whisper: the hidden states of chosen layers, side by side.
///
/// The input may be of any length up to the positions; it isn't padded to thirty seconds.
/// Source: Radford et al. 2022 (arXiv:2212.04356); transformers' WhisperEncoder
public struct WhisperEncoder: MediaEncoder {
    /// The sizes.
    public let configuration: WhisperConfiguration
    /// The layers whose outputs are the features: 0 is the input of the first layer, the last one's output
    /// has been normalised.
    public let featureLayers: [Int]
    /// PyTorch's default, which Whisper uses.
    fileprivate static let normEpsilon = 1e-5

    private let convolution1: Convolution1D
    private let convolution2: Convolution1D
    private let positions: Parameter
    private let layers: [EncoderLayer]
    private let norm: LayerNorm

    /// Claims Hugging Face's names below `model.encoder`.
    ///
    /// Throws: `ModelError` when a feature layer doesn't exist
    public init(
        _ configuration: WhisperConfiguration, featureLayers: [Int], at scope: Scope
    ) throws {
        guard !featureLayers.isEmpty,
            featureLayers.allSatisfy({ (0...configuration.layerCount).contains($0) })
        else {
            throw ModelError(
                .configuration, subject: "Whisper encoder",
                detail: "feature layers \(featureLayers) of \(configuration.layerCount) layers",
                hint: "name one or more of 0...\(configuration.layerCount)")
        }
        self.configuration = configuration
        self.featureLayers = featureLayers
        let encoder = scope / "model" / "encoder"
        let size = configuration.hiddenSize
        convolution1 = try Convolution1D(
            inputs: configuration.bandCount, outputs: size, width: 3, padding: 1,
            at: encoder / "conv1")
        convolution2 = try Convolution1D(
            inputs: size, outputs: size, width: 3, stride: 2, padding: 1, at: encoder / "conv2")
        positions = try (encoder / "embed_positions").parameter(
            "weight", shape: [configuration.positionCount, size], fill: .normal(deviation: 0.02))
        layers = try (0..<configuration.layerCount).map { index in
            try EncoderLayer(configuration, at: encoder / "layers" / index)
        }
        norm = try LayerNorm(
            size: size, epsilon: Self.normEpsilon, at: encoder / "layer_norm")
    }

    /// The hidden size times the number of feature layers.
    public var featureSize: Int { configuration.hiddenSize * featureLayers.count }

    /// One cell every two frames of each spectrogram.
    ///
    /// Throws: `ModelError` when a spectrogram has other bands or more frames than the encoder
    public func encode(_ inputs: [Spectrogram]) throws -> [FeatureGrid] {
        if inputs.isEmpty { return [] }
        let states = try hiddenStates(inputs, upTo: featureLayers.max() ?? 0)
        let features = Tensor.concatenated(featureLayers.map { states[$0] }, axis: 1)
        let lengths = inputs.map { Self.cellCount(of: $0) }
        return zip(features.split(axis: 0, counts: lengths), lengths).map { values, length in
            FeatureGrid(timeCount: length, values: values)
        }
    }

    /// The input of the first layer and the output of each up to one, all sounds one after the other.
    ///
    /// Shapes: each [sum of cells, hidden]; the last layer's output has been normalised
    package func hiddenStates(_ inputs: [Spectrogram], upTo last: Int) throws -> [Tensor] {
        var x = Tensor.concatenated(try inputs.map { try stem($0) }, axis: 0)
        let layout = SequenceLayout(lengths: inputs.map { Self.cellCount(of: $0) })
        var states = [x]
        for (index, layer) in layers.prefix(last).enumerated() {
            x = layer(x, segments: layout.segments)
            states.append(index + 1 == layers.count ? norm(x) : x)
        }
        return states
    }

    /// Formula: gelu(conv2(gelu(conv1(x)))) + positions
    private func stem(_ input: Spectrogram) throws -> Tensor {
        let shape = input.values.shape
        let count = Self.cellCount(of: input)
        guard shape[1] == configuration.bandCount, count <= configuration.positionCount else {
            throw ModelError(
                .input, subject: "spectrogram",
                detail: "\(shape[0]) frames of \(shape[1]) bands; expected at most "
                    + "\(2 * configuration.positionCount) frames of \(configuration.bandCount)",
                hint: "compute \(configuration.bandCount) mel bands of a shorter sound")
        }
        let x = convolution1(input.values.reshaped([1, shape[0], shape[1]])).gelu(.erf)
        let y = convolution2(x).gelu(.erf).reshaped([count, configuration.hiddenSize])
        return y + positions.tensor.slice(axis: 0, 0..<count)
    }

    private static func cellCount(of input: Spectrogram) -> Int {
        (input.values.shape[0] + 1) / 2
    }
}

extension EncoderLayer {
    /// One layer of Whisper's encoder, whose keys have no bias.
    fileprivate init(_ configuration: WhisperConfiguration, at scope: Scope) throws {
        try self.init(
            Sizes(
                hiddenSize: configuration.hiddenSize,
                feedForwardSize: configuration.feedForwardSize,
                headCount: configuration.headCount, normEpsilon: WhisperEncoder.normEpsilon,
                activation: .erf, keyHasBias: false),
            names: Names(
                attentionNorm: "self_attn_layer_norm", feedForwardNorm: "final_layer_norm"),
            at: scope)
    }
}
