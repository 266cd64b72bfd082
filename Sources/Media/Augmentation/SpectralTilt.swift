import Foundation

/// A filter without delay that makes a sound brighter or duller, at unchanged loudness.
///
/// Formula: |H(f)| = (f / 1 kHz)^(tilt / 6.02 dB) from 100 Hz on, level below; 127 symmetric taps
struct SpectralTilt {
    let decibelsPerOctave: Double

    private static let reach = 63
    private static let gridCount = 256

    func applied(to sound: Waveform) -> Waveform {
        let loudness = sound.rootMeanSquare
        guard loudness > 0 else { return sound }
        let taps = taps(sampleRateHertz: sound.sampleRateHertz)
        let padding = [Float](repeating: 0, count: Self.reach)
        let source = padding + sound.samples + padding
        let count = sound.samples.count
        let filtered = [Float](unsafeUninitializedCapacity: count) { target, written in
            target.initialize(repeating: 0)
            source.withUnsafeBufferPointer { source in
                for (offset, tap) in taps.enumerated() {
                    for index in 0..<count { target[index] += source[index + offset] * tap }
                }
            }
            written = count
        }
        let newLoudness = Waveform(
            samples: filtered, sampleRateHertz: sound.sampleRateHertz
        ).rootMeanSquare
        guard newLoudness > 0 else { return sound }
        let factor = Float(loudness / newLoudness)
        return Waveform(
            samples: filtered.map { $0 * factor }, sampleRateHertz: sound.sampleRateHertz)
    }

    /// The impulse response: the wanted gains on a grid, turned to time and faded out by a window.
    private func taps(sampleRateHertz: Int) -> [Float] {
        let gains = (0...Self.gridCount).map { (index: Int) -> Double in
            let hertz = Double(sampleRateHertz) / 2 * Double(index) / Double(Self.gridCount)
            return pow(10, decibelsPerOctave * log2(max(hertz, 100) / 1000) / 20)
        }
        return (-Self.reach...Self.reach).map { (time: Int) -> Float in
            var sum = 0.0
            for (index, gain) in gains.enumerated() {
                let isEdge = index == 0 || index == Self.gridCount
                let angle = Double.pi * Double(index * time) / Double(Self.gridCount)
                sum += (isEdge ? 0.5 : 1) * gain * cos(angle)
            }
            let fade = 0.5 + 0.5 * cos(Double.pi * Double(time) / Double(Self.reach + 1))
            return Float(sum / Double(Self.gridCount) * fade)
        }
    }
}
