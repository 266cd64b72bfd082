import Foundation

/// Log-mel frames of a sound.
public struct MelFrames: Sendable, Hashable {
    /// Frames in time.
    public let frameCount: Int
    /// Mel bands a frame.
    public let bandCount: Int
    /// Shapes: [frameCount, bandCount], row-major.
    public let values: [Float]
}

/// Waveform to log-mel spectrogram, as the audio encoders were trained with.
///
/// Frames are centred (the sound is mirrored at both ends), windowed with a periodic Hann window and
/// transformed in Double.
public struct LogMelSpectrogram: Sendable {
    /// What is computed.
    public let configuration: Configuration
    /// The filters over the power spectrum.
    public let filters: MelFilterBank
    private let transform: RealFFT
    private let window: [Double]

    /// Plans the computation.
    ///
    /// Throws: `MediaError` of kind `.outOfRange` naming the setting that cannot be.
    public init(_ configuration: Configuration) throws(MediaError) {
        transform = try configuration.validated()
        self.configuration = configuration
        filters = MelFilterBank(
            bandCount: configuration.bandCount, binCount: configuration.windowSampleCount / 2 + 1,
            sampleRateHertz: configuration.sampleRateHertz, lowestHertz: configuration.lowestHertz,
            highestHertz: configuration.highestHertz, scale: configuration.scale)
        let count = configuration.windowSampleCount
        window = (0..<count).map { (index: Int) -> Double in
            0.5 - 0.5 * cos(2 * Double.pi * Double(index) / Double(count))
        }
    }

    /// The frames of a sound, brought to the configured length first; what is longer is cut at the end.
    ///
    /// Shapes: samples [n] → [configuration.frameCount, configuration.bandCount]
    /// Throws: `MediaError` when the sound is empty, has another sample rate or is not finite.
    public func frames(of waveform: Waveform) throws(MediaError) -> MelFrames {
        let subject = "log-mel spectrogram"
        let rate = configuration.sampleRateHertz
        guard waveform.sampleRateHertz == rate else {
            throw MediaError(
                .outOfRange, subject,
                "a sound of \(waveform.sampleRateHertz) Hz; expected \(rate) Hz",
                hint: "resample it first")
        }
        guard !waveform.samples.isEmpty else {
            throw MediaError(.empty, subject, "a sound without samples; expected at least one")
        }
        guard waveform.samples.allSatisfy({ $0.isFinite }) else {
            throw MediaError(.invalidSamples, subject, "a sound with samples that are not finite")
        }
        var values = logarithms(of: mirrored(fitted(waveform.samples)))
        if configuration.compression == .whisper { Self.compress(&values) }
        return MelFrames(
            frameCount: configuration.frameCount, bandCount: configuration.bandCount,
            values: values)
    }

    /// The sound cut, repeated or filled to the configured length.
    private func fitted(_ samples: [Float]) -> [Float] {
        let length = configuration.sampleCount
        guard samples.count < length else { return Array(samples[..<length]) }
        var fitted = samples
        fitted.reserveCapacity(length)
        switch configuration.padding {
        case .zeros: break
        case .repeatsThenZeros:
            for _ in 1..<max(1, length / samples.count) { fitted += samples }
        case .repeats:
            while fitted.count < length { fitted += samples.prefix(length - fitted.count) }
        }
        return fitted + [Float](repeating: 0, count: length - fitted.count)
    }

    /// The sound with half a window mirrored at both ends, without repeating the end samples.
    private func mirrored(_ samples: [Float]) -> [Float] {
        let half = configuration.windowSampleCount / 2
        return samples[1...half].reversed() + samples
            + samples[(samples.count - 1 - half)..<(samples.count - 1)].reversed()
    }

    /// log₁₀ of the mel powers, floored at 1e-10; decibels when configured.
    private func logarithms(of samples: [Float]) -> [Float] {
        let (frameCount, bandCount) = (configuration.frameCount, configuration.bandCount)
        let total = frameCount * bandCount
        let scale = (configuration.compression == .decibels ? 10 : 1) / log(10.0)
        let workspace = RealFFT.Workspace(count: transform.count)
        return [Float](unsafeUninitializedCapacity: total) { output, count in
            for first in stride(from: 0, to: frameCount, by: RealFFT.Lanes.scalarCount) {
                pack(samples, firstFrame: first, into: workspace)
                transform.transform(workspace)
                let laneCount = min(RealFFT.Lanes.scalarCount, frameCount - first)
                for band in 0..<bandCount {
                    let power = workspace.power + filters.starts[band]
                    var sum = RealFFT.Lanes.zero
                    filters.weights[band].withUnsafeBufferPointer { weights in
                        for bin in weights.indices { sum += power[bin] * weights[bin] }
                    }
                    for lane in 0..<laneCount {
                        output[(first + lane) * bandCount + band] = Float(
                            log(max(sum[lane], 1e-10)) * scale)
                    }
                }
            }
            count = total
        }
    }

    /// Windows four frames side by side; lanes beyond the last frame repeat it.
    private func pack(_ samples: [Float], firstFrame: Int, into workspace: RealFFT.Workspace) {
        let hop = configuration.hopSampleCount
        let last = configuration.frameCount - 1
        let (a, b) = (firstFrame * hop, min(firstFrame + 1, last) * hop)
        let (c, d) = (min(firstFrame + 2, last) * hop, min(firstFrame + 3, last) * hop)
        let (real, imaginary) = (workspace.real, workspace.imaginary)
        samples.withUnsafeBufferPointer { x in
            window.withUnsafeBufferPointer { window in
                for index in 0..<transform.count / 2 {
                    let (i, j) = (2 * index, 2 * index + 1)
                    let even = SIMD4<Float>(x[a + i], x[b + i], x[c + i], x[d + i])
                    let odd = SIMD4<Float>(x[a + j], x[b + j], x[c + j], x[d + j])
                    real[index] = RealFFT.Lanes(even) * window[i]
                    imaginary[index] = RealFFT.Lanes(odd) * window[j]
                }
            }
        }
    }

    /// Formula: (max(x, max x − 8) + 4) / 4
    private static func compress(_ values: inout [Float]) {
        guard let largest = values.max() else { return }
        for index in values.indices { values[index] = (max(values[index], largest - 8) + 4) / 4 }
    }
}
