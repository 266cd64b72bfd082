import Layers
import Tensors

/// From log-mel spectrograms to the square pictures that CLAP's transformer takes.
///
/// Bands are normalised, time is stretched to fill the picture, cut into runs, and the runs are stacked
/// along the frequency axis, the earliest on top.
///
/// Formula: p[q · bands + m, t] = Σ wₖ x̂[iₖ, m] at time q · side + t; four taps of Keys' cubic with
/// a = −¾, corners aligned, taps clamped; source positions in Float as PyTorch has them
/// Shapes: spectrograms [frames, bands] → [n, side, side, 1]
/// Source: Keys 1981; torch.nn.functional.interpolate, bicubic; transformers' reshape_mel2img
struct FoldedSpectrogram {
    private let configuration: ClapConfiguration
    private let norm: FixedBatchNorm

    /// PyTorch's default.
    static let normEpsilon = 1e-5

    init(_ configuration: ClapConfiguration, at scope: Scope) throws {
        self.configuration = configuration
        norm = try FixedBatchNorm(
            channels: configuration.bandCount, epsilon: Self.normEpsilon, at: scope)
    }

    func callAsFunction(_ inputs: [Spectrogram]) throws -> Tensor {
        for input in inputs { try check(input) }
        let side = configuration.pictureSide
        let (scale, offset) = (norm.scale.floats, norm.offset.floats)
        return Tensor(
            shape: [inputs.count, side, side, 1],
            filling: { buffer in
                for (index, input) in inputs.enumerated() {
                    let picture = buffer[index * side * side..<(index + 1) * side * side]
                    fold(input, scale, offset, into: UnsafeMutableBufferPointer(rebasing: picture))
                }
            })
    }

    private func check(_ input: Spectrogram) throws {
        let (shape, count) = (input.values.shape, configuration.frameCount)
        guard shape[1] == configuration.bandCount, shape[0] <= count else {
            throw ModelError(
                .input, subject: "spectrogram",
                detail: "\(shape[0]) frames of \(shape[1]) bands; expected at most \(count) "
                    + "frames of \(configuration.bandCount)",
                hint: "use the preprocessor_config.json that belongs to the weights")
        }
    }

    private func fold(
        _ input: Spectrogram, _ scale: [Float], _ offset: [Float],
        into picture: UnsafeMutableBufferPointer<Float>
    ) {
        let (bands, side) = (configuration.bandCount, configuration.pictureSide)
        let frameCount = input.values.shape[0]
        var normalized = [Float](repeating: 0, count: frameCount * bands)
        input.values.withFloats { values in
            for index in normalized.indices {
                normalized[index] = values[index] * scale[index % bands] + offset[index % bands]
            }
        }
        normalized.withUnsafeBufferPointer { x in
            for time in 0..<configuration.frameCount {
                let taps = Self.taps(
                    at: time, from: frameCount, to: configuration.frameCount)
                let first = time / side * bands * side + time % side
                for band in 0..<bands {
                    var sum: Float = 0
                    for tap in 0..<4 {
                        sum += taps.weights[tap] * x[taps.frames[tap] * bands + band]
                    }
                    picture[first + band * side] = sum
                }
            }
        }
    }

    /// The four frames around a time, and what each weighs.
    private static func taps(
        at time: Int, from oldCount: Int, to newCount: Int
    ) -> (frames: SIMD4<Int>, weights: SIMD4<Float>) {
        if oldCount == newCount { return (SIMD4(repeating: time), [0, 1, 0, 0]) }
        let scale = newCount > 1 ? Float(oldCount - 1) / Float(newCount - 1) : 0
        let position = scale * Float(time)
        let low = position.rounded(.down)
        let t = position - low
        let base = Int(low)
        let frames = SIMD4(base - 1, base, base + 1, base + 2)
            .clamped(lowerBound: SIMD4(repeating: 0), upperBound: SIMD4(repeating: oldCount - 1))
        return (frames, [far(t + 1), near(t), near(1 - t), far(2 - t)])
    }

    private static let a: Float = -0.75

    private static func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    private static func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
}
