public import Layers
import Tensors

/// A stage of EfficientNet: blocks of one shape, the first of which may halve the picture.
public struct EfficientNetStage: Sendable, Equatable {
    let blockCount: Int
    let kernelSide: Int
    let stride: Int
    let expansion: Int
    let channels: Int

    /// Describes a stage.
    public init(blockCount: Int, kernelSide: Int, stride: Int, expansion: Int, channels: Int) {
        self.blockCount = blockCount
        self.kernelSide = kernelSide
        self.stride = stride
        self.expansion = expansion
        self.channels = channels
    }
}

/// The sizes of an EfficientNet-Lite.
public struct EfficientNetLiteConfiguration: Sendable, Equatable {
    /// The side of the square input.
    public var pixelSide: Int
    /// Channels after the first convolution.
    public var stemChannels: Int
    /// The stages, in order.
    public var stages: [EfficientNetStage]
    /// Channels of the feature map.
    public var featureChannels: Int

    /// Takes all sizes.
    public init(
        pixelSide: Int, stemChannels: Int, stages: [EfficientNetStage], featureChannels: Int
    ) {
        self.pixelSide = pixelSide
        self.stemChannels = stemChannels
        self.stages = stages
        self.featureChannels = featureChannels
    }

    /// EfficientNet-Lite0: 224 pixels, 7 × 7 × 1280 features.
    ///
    /// Source: Tan and Le 2019 (arXiv:1905.11946), table 1; tensorflow/tpu's lite variant, without
    /// squeeze-and-excitation and with ReLU6
    public static let lite0 = EfficientNetLiteConfiguration(
        pixelSide: 224, stemChannels: 32,
        stages: [
            .init(blockCount: 1, kernelSide: 3, stride: 1, expansion: 1, channels: 16),
            .init(blockCount: 2, kernelSide: 3, stride: 2, expansion: 6, channels: 24),
            .init(blockCount: 2, kernelSide: 5, stride: 2, expansion: 6, channels: 40),
            .init(blockCount: 3, kernelSide: 3, stride: 2, expansion: 6, channels: 80),
            .init(blockCount: 3, kernelSide: 5, stride: 1, expansion: 6, channels: 112),
            .init(blockCount: 4, kernelSide: 5, stride: 2, expansion: 6, channels: 192),
            .init(blockCount: 1, kernelSide: 3, stride: 1, expansion: 6, channels: 320),
        ], featureChannels: 1280)
}

/// EfficientNet-Lite without its classifier: a feature map for each frame.
///
/// Formula: inputs (x - 127) / 128; zeros around pictures as TensorFlow's "SAME"; ReLU6
/// Source:  Tan and Le 2019 (arXiv:1905.11946); names of the PyTorch port's checkpoint
public struct EfficientNetLite: MediaEncoder {
    /// The sizes.
    public let configuration: EfficientNetLiteConfiguration
    private let stem: NormalizedConvolution2D
    private let blocks: [EfficientNetBlock]
    private let head: NormalizedConvolution2D

    /// How many frames are computed at a time; more would only need more memory.
    private static let framesAtATime = 8
    /// The checkpoint's constant of batch normalisation.
    static let normEpsilon = 1e-3

    /// Claims the checkpoint's own names: `_conv_stem`, `_bn0`, `_blocks.N`, `_conv_head`, `_bn1`.
    public init(_ configuration: EfficientNetLiteConfiguration, at scope: Scope) throws {
        self.configuration = configuration
        stem = try NormalizedConvolution2D(
            inputs: 3, outputs: configuration.stemChannels, side: 3, stride: 2,
            normEpsilon: Self.normEpsilon, convolution: scope / "_conv_stem",
            norm: scope / "_bn0")
        var blocks: [EfficientNetBlock] = []
        var channels = configuration.stemChannels
        for stage in configuration.stages {
            for index in 0..<stage.blockCount {
                blocks.append(
                    try EfficientNetBlock(
                        stage, inputs: channels, stride: index == 0 ? stage.stride : 1,
                        at: scope / "_blocks" / blocks.count))
                channels = stage.channels
            }
        }
        self.blocks = blocks
        head = try NormalizedConvolution2D(
            inputs: channels, outputs: configuration.featureChannels, side: 1,
            normEpsilon: Self.normEpsilon, convolution: scope / "_conv_head",
            norm: scope / "_bn1")
    }

    /// The channels of the feature map.
    public var featureSize: Int { configuration.featureChannels }

    /// One time cell a frame, and the cells of the feature map in it.
    ///
    /// Throws: `ModelError` when frames aren't of the configured side
    public func encode(_ inputs: [FrameSequence]) throws -> [FeatureGrid] {
        try inputs.map { frames in
            let side = configuration.pixelSide
            guard frames.pixelsHigh == side, frames.pixelsWide == side else {
                throw ModelError(
                    .input, subject: "frames",
                    detail: "\(frames.pixelsWide) × \(frames.pixelsHigh) pixels; "
                        + "expected \(side) × \(side)",
                    hint: "resize frames to the encoder's side first")
            }
            let maps = stride(from: 0, to: frames.frameCount, by: Self.framesAtATime).map { first in
                let last = min(first + Self.framesAtATime, frames.frameCount)
                return featureMap(of: frames, first..<last)
            }
            let map = Tensor.concatenated(maps, axis: 0)
            let (rows, columns) = (map.shape[1], map.shape[2])
            return FeatureGrid(
                timeCount: frames.frameCount, rowCount: rows, columnCount: columns,
                values: map.reshaped([frames.frameCount * rows * columns, featureSize]))
        }
    }

    /// Shapes: [frames, rows, columns, channels]
    private func featureMap(of frames: FrameSequence, _ range: Range<Int>) -> Tensor {
        let size = frames.pixelsHigh * frames.pixelsWide * 3
        let bytes = frames.rgb[(range.lowerBound * size)..<(range.upperBound * size)]
        let pixels = Tensor(
            shape: [range.count, frames.pixelsHigh, frames.pixelsWide, 3],
            filling: { buffer in
                for (index, byte) in bytes.enumerated() {
                    buffer[index] = (Float(byte) - 127) / 128
                }
            })
        let x = blocks.reduce(stem(pixels).relu6()) { x, block in block(x) }
        return head(x).relu6()
    }
}

/// An inverted residual block: widen, filter each channel, narrow.
///
/// Source: Sandler et al. 2018 (arXiv:1801.04381)
struct EfficientNetBlock {
    private let expand: NormalizedConvolution2D?
    private let depthwise: NormalizedConvolution2D
    private let project: NormalizedConvolution2D
    private let isResidual: Bool

    init(_ stage: EfficientNetStage, inputs: Int, stride: Int, at scope: Scope) throws {
        let width = inputs * stage.expansion
        let epsilon = EfficientNetLite.normEpsilon
        expand =
            try stage.expansion == 1
            ? nil
            : NormalizedConvolution2D(
                inputs: inputs, outputs: width, side: 1, normEpsilon: epsilon,
                convolution: scope / "_expand_conv", norm: scope / "_bn0")
        depthwise = try NormalizedConvolution2D(
            inputs: width, outputs: width, side: stage.kernelSide, stride: stride,
            isDepthwise: true, normEpsilon: epsilon, convolution: scope / "_depthwise_conv",
            norm: scope / "_bn1")
        project = try NormalizedConvolution2D(
            inputs: width, outputs: stage.channels, side: 1, normEpsilon: epsilon,
            convolution: scope / "_project_conv", norm: scope / "_bn2")
        isResidual = stride == 1 && inputs == stage.channels
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let widened = expand.map { $0(x).relu6() } ?? x
        let y = project(depthwise(widened).relu6())
        return isResidual ? x + y : y
    }
}
