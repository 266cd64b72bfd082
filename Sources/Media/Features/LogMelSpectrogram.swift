internal import CKernels
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
        guard duet_all_finite(waveform.samples.count, waveform.samples) != 0 else {
            throw MediaError(.invalidSamples, subject, "a sound with samples that are not finite")
        }
        let samples =
            configuration.roundsTo16Bits ? Self.rounded(waveform.samples) : waveform.samples
        var values = logarithms(of: mirrored(fitted(samples)))
        if configuration.compression == .whisper { duet_whisper_compress(values.count, &values) }
        return MelFrames(
            frameCount: configuration.frameCount, bandCount: configuration.bandCount,
            values: values)
    }

    /// The sound as integers of 16 bits would hold it.
    private static func rounded(_ samples: [Float]) -> [Float] {
        samples.map { (sample: Float) -> Float in
            (min(max(sample, -1), 1) * 32_767).rounded(.towardZero) / 32_767
        }
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
        let total = configuration.frameCount * configuration.bandCount
        let scale = (configuration.compression == .decibels ? 10 : 1) / log(10.0)
        return [Float](unsafeUninitializedCapacity: total) { output, count in
            withPlan { plan in
                let work = UnsafeMutableRawPointer.allocate(
                    byteCount: duet_mel_work(plan), alignment: 64)
                defer { work.deallocate() }
                duet_log_mel(
                    plan, samples, configuration.frameCount, scale, work, output.baseAddress)
            }
            count = total
        }
    }

    /// Lends what is the same for all frames to the loops in C.
    private func withPlan(_ body: (UnsafePointer<duet_mel_plan>) -> Void) {
        window.withUnsafeBufferPointer { window in
            transform.passes.withUnsafeBufferPointer { passes in
                transform.twiddles.withUnsafeBufferPointer { twiddles in
                    transform.separators.withUnsafeBufferPointer { separators in
                        filters.withBands { starts, counts, weights in
                            var plan = duet_mel_plan(
                                window: transform.count, hop: configuration.hopSampleCount,
                                shape: window.baseAddress, pass_count: passes.count,
                                passes: passes.baseAddress, twiddles: twiddles.baseAddress,
                                separators: separators.baseAddress, bands: filters.bandCount,
                                starts: starts, counts: counts, weights: weights)
                            body(&plan)
                        }
                    }
                }
            }
        }
    }
}
