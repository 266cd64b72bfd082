/// Sound of one channel.
///
/// Units: full scale is 1; samples beyond ±1, which lossy formats produce, are kept as decoded
public struct Waveform: Sendable, Hashable {
    /// The samples, all finite.
    public let samples: [Float]
    /// Samples a second.
    public let sampleRateHertz: Int

    /// Makes a waveform from its samples.
    public init(samples: [Float], sampleRateHertz: Int) {
        precondition(sampleRateHertz > 0, "waveform: \(sampleRateHertz) Hz is no sample rate")
        self.samples = samples
        self.sampleRateHertz = sampleRateHertz
    }

    /// How long it lasts.
    public var durationSeconds: Double { Double(samples.count) / Double(sampleRateHertz) }

    /// The largest distance from zero, 0 for no samples.
    public var peak: Float {
        samples.reduce(0) { (peak: Float, sample: Float) -> Float in max(peak, abs(sample)) }
    }

    /// The root of the mean square, 0 for no samples.
    public var rootMeanSquare: Double {
        guard !samples.isEmpty else { return 0 }
        let sum = samples.reduce(0) { (sum: Double, sample: Float) -> Double in
            sum + Double(sample) * Double(sample)
        }
        return (sum / Double(samples.count)).squareRoot()
    }

    /// The same sound at another rate.
    ///
    /// Throws: `MediaError` when a rate is outside what the resampler handles.
    public func resampled(toHertz rate: Int) throws(MediaError) -> Waveform {
        guard rate != sampleRateHertz else { return self }
        let resampler = try Resampler(
            subject: "waveform", fromHertz: sampleRateHertz, toHertz: rate,
            sampleFormat: Resampler.interleavedFloat, channelCount: 1)
        return Waveform(samples: try resampler.resampling(samples), sampleRateHertz: rate)
    }
}
