import Media
import Testing

@Suite struct AudioReaderTests {
    private func sound(_ name: String, hertz: Int = 16_000) throws(MediaError) -> Waveform {
        try AudioReader.waveform(of: MediaFixtures.path(name), sampleRateHertz: hertz)
    }

    /// Encoders of lossy formats lengthen a sound by at most a frame of 1,152 samples.
    @Test(arguments: [
        ("tone.ogg", 0.5, 0.01), ("tone.flac", 0.3, 0.001), ("cover.mp3", 0.5, 0.06),
        ("cover.m4a", 0.5, 0.06), ("rate5000.wav", 0.2, 0.001), ("rate11127.wav", 0.2, 0.001),
        ("steps.mp4", 3, 0.01), ("offset.mkv", 3, 0.01),
    ])
    func everyFormatAndRateKeepsItsLength(name: String, seconds: Double, slack: Double) throws {
        let sound = try sound(name)
        #expect(sound.sampleRateHertz == 16_000)
        #expect(abs(sound.durationSeconds - seconds) <= slack)
        // ffmpeg's sine source has amplitude 1/8.
        #expect(abs(sound.rootMeanSquare - 0.125 * 0.7071) < 0.01)
    }

    @Test func resamplingKeepsTimeAndLevel() throws {
        let tone = try sound("rate11127.wav")
        // A sine of 300 Hz that begins at zero, away from the filter's ends.
        for index in 100..<tone.samples.count - 100 {
            let expected = 0.125 * sine(2 * Double.pi * 300 * Double(index) / 16_000)
            #expect(abs(Double(tone.samples[index]) - expected) < 0.002)
        }
    }

    @Test func stereoBecomesTheMean() throws {
        let middle = try sound("stereo.wav").samples[200]
        #expect(abs(middle - 0.2) < 1e-3)
    }

    /// Front 1, centre and surround 1/√2, no low frequencies, divided by the sum of the weights.
    @Test func surroundIsMixedByTheStatedWeights() throws {
        let half = 0.5.squareRoot()
        let (front, centre, back) = (0.1 + 0.2, 0.3 * 2 * half, half * (0.4 + 0.5))
        let expected = (front + centre + back) / (2 + 2 * half + 2 * half)
        let middle = try sound("surround.wav").samples[200]
        #expect(abs(Double(middle) - expected) < 1e-3)
    }

    @Test func samplesBeyondFullScaleAreKept() throws {
        #expect(try sound("loud.wav").samples.allSatisfy { $0 == 1.5 })
    }

    @Test func aLateTrackIsLedInWithSilence() throws {
        let sound = try sound("late_sound.mkv")
        #expect(sound.samples[..<15_900].allSatisfy { $0 == 0 })
        let rest = Waveform(samples: Array(sound.samples[16_100...]), sampleRateHertz: 16_000)
        #expect(rest.rootMeanSquare > 0.08)
        #expect(abs(sound.durationSeconds - 2) < 0.01)
    }

    @Test func soundsThatAreNotNumbersAreRefused() {
        let failure = MediaFixtures.failure { () throws(MediaError) in _ = try sound("nan.wav") }
        #expect(failure?.kind == .invalidSamples)
    }

    @Test func aClipWithoutSoundSaysSo() {
        let failure = MediaFixtures.failure { () throws(MediaError) in _ = try sound("silent.mp4") }
        #expect(failure?.kind == .noAudio)
    }

    @Test func silenceResamplesToSilence() throws {
        let silence = Waveform(samples: [Float](repeating: 0, count: 500), sampleRateHertz: 5_000)
        let resampled = try silence.resampled(toHertz: 16_000)
        #expect(resampled.samples.count == 1_600)
        #expect(resampled.peak == 0)
    }

    /// Taylor's series, so that the reference needs no library.
    private func sine(_ angle: Double) -> Double {
        let x = angle.remainder(dividingBy: 2 * Double.pi)
        var (term, sum) = (x, x)
        for n in 1..<14 {
            term *= -x * x / Double(2 * n * (2 * n + 1))
            sum += term
        }
        return sum
    }
}
