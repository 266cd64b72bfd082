public import Tensors

/// A frozen network that turns pictures or sound into features on a grid of time and space.
///
/// It sees only the samples that have the modality: a batch is whatever list of inputs it is given.
public protocol MediaEncoder<Input> {
    /// What it encodes: the frames of a clip, or the spectrogram of a sound.
    associatedtype Input: Sendable

    /// The width of one feature vector.
    var featureSize: Int { get }

    /// The features of each input, in order.
    ///
    /// Throws: `ModelError` when an input doesn't fit the encoder
    func encode(_ inputs: [Input]) throws -> [FeatureGrid]
}

/// The frames of a clip as bytes, as they were decoded and resized.
///
/// Shapes: rgb [frames, pixels high, pixels wide, 3], flat
/// Units:  0...255
public struct FrameSequence: Sendable {
    /// The number of frames.
    public let frameCount: Int
    /// The height of each frame.
    public let pixelsHigh: Int
    /// The width of each frame.
    public let pixelsWide: Int
    /// The bytes, frame by frame, row by row.
    public let rgb: [UInt8]

    /// Takes the frames of a clip; a still picture is one frame.
    ///
    /// Throws: `ModelError` when there is no frame or the bytes don't fill the frames
    public init(frameCount: Int, pixelsHigh: Int, pixelsWide: Int, rgb: [UInt8]) throws {
        guard frameCount > 0, pixelsHigh > 0, pixelsWide > 0,
            rgb.count == frameCount * pixelsHigh * pixelsWide * 3
        else {
            throw ModelError(
                .input, subject: "frames",
                detail: "\(rgb.count) bytes for [\(frameCount), \(pixelsHigh), \(pixelsWide), 3]",
                hint: "give at least one frame, and three bytes a pixel")
        }
        self.frameCount = frameCount
        self.pixelsHigh = pixelsHigh
        self.pixelsWide = pixelsWide
        self.rgb = rgb
    }
}

/// The logarithmic mel spectrogram of a sound.
public struct Spectrogram: Sendable {
    /// The values, [frames, mel bands].
    public let values: Tensor

    /// Takes values laid out frame by frame.
    ///
    /// Shapes: values [frames, bands], flat
    /// Throws: `ModelError` when there is no frame or the values don't fill the frames
    public init(frameCount: Int, bandCount: Int, values: [Float]) throws {
        guard frameCount > 0, bandCount > 0, values.count == frameCount * bandCount else {
            throw ModelError(
                .input, subject: "spectrogram",
                detail: "\(values.count) values for [\(frameCount), \(bandCount)]",
                hint: "give at least one frame")
        }
        self.values = Tensor(values, shape: [frameCount, bandCount])
    }
}
