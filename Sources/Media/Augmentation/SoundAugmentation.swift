import Foundation

/// Random changes to a sound that leave its meaning: the same seed always makes the same change.
///
/// In this order: speed (pitch and tempo together), spectral tilt at unchanged loudness, gain, repeats
/// within a window, noise, and a last scaling that keeps the peak within full scale. Everything is off
/// by default. Repeats and a window change when and how often something is heard: leave them off where
/// labels speak of that. Silence stays silence, save for the noise.
public struct SoundAugmentation: Sendable, Hashable {
    /// Factors on pitch and tempo, spread evenly in octaves; 1 is unchanged.
    public var speed: ClosedRange<Double> = 1...1
    /// Tilt of the spectrum around 1 kHz.
    ///
    /// Units: decibels an octave, positive for brighter
    public var tiltDecibelsPerOctave: ClosedRange<Double> = 0...0
    /// Change of loudness.
    public var gainDecibels: ClosedRange<Double> = 0...0
    /// Length of the result; shorter sounds are placed and longer ones cut at random. Nil keeps it.
    public var windowSeconds: Double?
    /// How often a sound may be heard within the window, as far as it fits; needs a window.
    public var repeatCount: ClosedRange<Int> = 1...1
    /// Root mean square of white noise added, against full scale; nil adds none.
    public var noiseDecibels: ClosedRange<Double>?

    /// Makes an augmentation that changes nothing until set.
    public init() {}

    /// The silence between repeats.
    private static let gapSeconds = 0.05...0.4

    /// The sound, changed as the seed decides.
    ///
    /// Throws: `MediaError` of kind `.outOfRange` naming a setting that cannot be.
    public func applied(to waveform: Waveform, seed: UInt64) throws(MediaError) -> Waveform {
        try validate()
        guard !waveform.samples.isEmpty else {
            throw MediaError(
                .empty, "sound augmentation", "a sound without samples; expected at least one")
        }
        var random = SplitMix64(seed: seed)
        // Every number is drawn whether used or not, so one setting does not shift the others.
        let octaves = random.uniform(in: log2(speed.lowerBound)...log2(speed.upperBound))
        let tilt = random.uniform(in: tiltDecibelsPerOctave)
        let gain = random.uniform(in: gainDecibels)
        let noise = random.uniform(in: noiseDecibels ?? 0...0)
        var sound = try Self.changing(waveform, speed: exp2(octaves))
        if tilt != 0 { sound = SpectralTilt(decibelsPerOctave: tilt).applied(to: sound) }
        let rate = sound.sampleRateHertz
        var samples = sound.samples
        let factor = Float(pow(10, gain / 20))
        if factor != 1 { for index in samples.indices { samples[index] *= factor } }
        if let windowSeconds {
            let count = max(1, Int((windowSeconds * Double(rate)).rounded()))
            samples = placed(samples, in: count, rate: rate, random: &random)
        }
        if noiseDecibels != nil { Self.addNoise(noise, to: &samples, random: &random) }
        Self.limit(&samples)
        return Waveform(samples: samples, sampleRateHertz: rate)
    }

    private func validate() throws(MediaError) {
        func check(_ isRight: Bool, _ detail: String) throws(MediaError) {
            guard !isRight else { return }
            throw MediaError(.outOfRange, "sound augmentation", detail, hint: "change the setting")
        }
        try check(
            speed.lowerBound >= 0.25 && speed.upperBound <= 4,
            "speed \(speed); expected within 0.25...4")
        try check(
            tiltDecibelsPerOctave.lowerBound >= -12 && tiltDecibelsPerOctave.upperBound <= 12,
            "tilt \(tiltDecibelsPerOctave) dB an octave; expected within -12...12")
        try check(
            gainDecibels.lowerBound >= -60 && gainDecibels.upperBound <= 60,
            "gain \(gainDecibels) dB; expected within -60...60")
        let noise = noiseDecibels ?? -60 ... -60
        try check(
            noise.lowerBound >= -200 && noise.upperBound <= 0,
            "noise \(noise) dB; expected within -200...0")
        let window = windowSeconds ?? 1
        try check(
            window > 0 && window <= 3_600,
            "window of \(window) seconds; expected above 0 and at most 3600")
        try check(
            repeatCount.lowerBound >= 1 && repeatCount.upperBound <= 1_000,
            "repeats \(repeatCount); expected within 1...1000")
        try check(
            repeatCount.upperBound == 1 || windowSeconds != nil,
            "repeats \(repeatCount) without a window; expected a window to fit them in")
    }

    /// Plays a sound faster or slower by reading it as if recorded at another rate.
    private static func changing(_ sound: Waveform, speed: Double) throws(MediaError) -> Waveform {
        let rate = Int((Double(sound.sampleRateHertz) * speed).rounded())
        guard rate != sound.sampleRateHertz else { return sound }
        return try Waveform(samples: sound.samples, sampleRateHertz: rate)
            .resampled(toHertz: sound.sampleRateHertz)
    }

    /// Cuts a long sound at random; places a short one at random, as often as drawn and as fits.
    private func placed(
        _ samples: [Float], in count: Int, rate: Int, random: inout SplitMix64
    ) -> [Float] {
        guard samples.count < count else {
            let start = Int(random.unit() * Double(samples.count - count + 1))
            return Array(samples[start..<start + count])
        }
        let span = Double(repeatCount.upperBound - repeatCount.lowerBound + 1)
        let wanted = repeatCount.lowerBound + Int(random.unit() * span)
        var starts = [0]
        var end = samples.count
        while starts.count < wanted {
            let gap = Int(random.uniform(in: Self.gapSeconds) * Double(rate))
            guard end + gap + samples.count <= count else { break }
            starts.append(end + gap)
            end += gap + samples.count
        }
        let shift = Int(random.unit() * Double(count - end + 1))
        var window = [Float](repeating: 0, count: count)
        for start in starts {
            window.replaceSubrange(shift + start..<shift + start + samples.count, with: samples)
        }
        return window
    }

    /// Adds white noise, near to Gaussian: the sum of four 16-bit numbers varies by 4 · 65536² / 12.
    private static func addNoise(
        _ decibels: Double, to samples: inout [Float], random: inout SplitMix64
    ) {
        let factor = pow(10, decibels / 20) * (3.0).squareRoot() / 65_536
        for index in samples.indices {
            let bits = random.next()
            let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
            samples[index] += Float((Double(sum) - 131_070) * factor)
        }
    }

    /// Scales the whole sound down when a sample lies beyond full scale.
    private static func limit(_ samples: inout [Float]) {
        let peak = samples.reduce(0) { (peak: Float, sample: Float) -> Float in
            max(peak, abs(sample))
        }
        guard peak > 1 else { return }
        for index in samples.indices { samples[index] = max(-1, min(1, samples[index] / peak)) }
    }
}
