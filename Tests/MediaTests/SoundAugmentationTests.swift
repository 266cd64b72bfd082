import Media
import Testing

@Suite struct SoundAugmentationTests {
    /// A square wave of 500 Hz with a peak of 0.5.
    private let tone = Waveform(
        samples: (0..<8_000).map { (index: Int) -> Float in index / 16 % 2 == 0 ? 0.5 : -0.5 },
        sampleRateHertz: 16_000)

    private var everything: SoundAugmentation {
        var augmentation = SoundAugmentation()
        augmentation.speed = 0.8...1.25
        augmentation.tiltDecibelsPerOctave = -6...6
        augmentation.gainDecibels = -12...6
        augmentation.windowSeconds = 2
        augmentation.repeatCount = 1...3
        augmentation.noiseDecibels = -60 ... -40
        return augmentation
    }

    @Test func nothingIsChangedUnlessAskedFor() throws {
        #expect(try SoundAugmentation().applied(to: tone, seed: 1) == tone)
    }

    @Test func theSameSeedMakesTheSameSound() throws {
        let one = try everything.applied(to: tone, seed: 5)
        #expect(try everything.applied(to: tone, seed: 5) == one)
        #expect(try everything.applied(to: tone, seed: 6) != one)
    }

    @Test func everySeedGivesAWindowWithinFullScale() throws {
        var augmentation = everything
        augmentation.gainDecibels = -20...40
        for seed in 0..<8 {
            let sound = try augmentation.applied(to: tone, seed: UInt64(seed))
            #expect(sound.samples.count == 32_000)
            #expect(sound.peak <= 1 && sound.rootMeanSquare > 0)
            #expect(sound.samples.allSatisfy { $0.isFinite })
        }
    }

    @Test func silenceStaysSilence() throws {
        let silence = Waveform(samples: [Float](repeating: 0, count: 400), sampleRateHertz: 16_000)
        var augmentation = everything
        augmentation.noiseDecibels = nil
        #expect(try augmentation.applied(to: silence, seed: 3).peak == 0)
    }

    @Test func speedShortensASound() throws {
        var augmentation = SoundAugmentation()
        augmentation.speed = 2...2
        let fast = try augmentation.applied(to: tone, seed: 0)
        #expect(fast.sampleRateHertz == 16_000)
        #expect(abs(fast.samples.count - 4_000) <= 1)
    }

    @Test func repeatsAreHeardAsOftenAsAsked() throws {
        var augmentation = SoundAugmentation()
        augmentation.windowSeconds = 3
        augmentation.repeatCount = 3...3
        let sound = try augmentation.applied(to: tone, seed: 9)
        let heard = sound.samples.filter { abs($0) == 0.5 }.count
        #expect(sound.samples.count == 48_000 && heard == 3 * 8_000)
    }

    @Test func tiltKeepsLoudnessAndMovesTheSpectrum() throws {
        var augmentation = SoundAugmentation()
        augmentation.tiltDecibelsPerOctave = 6...6
        augmentation.gainDecibels = -20 ... -20
        let bright = try augmentation.applied(to: tone, seed: 0)
        augmentation.tiltDecibelsPerOctave = -6 ... -6
        let dull = try augmentation.applied(to: tone, seed: 0)
        #expect(abs(dull.rootMeanSquare - 0.1 * tone.rootMeanSquare) < 1e-4)
        func roughness(_ sound: Waveform) -> Double {
            let steps = zip(sound.samples, sound.samples.dropFirst()).map { $1 - $0 }
            return Waveform(samples: steps, sampleRateHertz: 16_000).rootMeanSquare
                / sound.rootMeanSquare
        }
        #expect(roughness(bright) > roughness(tone) && roughness(tone) > roughness(dull))
    }

    @Test func noiseHasTheLevelAskedFor() throws {
        var augmentation = SoundAugmentation()
        augmentation.noiseDecibels = -40 ... -40
        let silence = Waveform(samples: [Float](repeating: 0, count: 8_000), sampleRateHertz: 8_000)
        let noise = try augmentation.applied(to: silence, seed: 2)
        #expect(abs(noise.rootMeanSquare - 0.01) < 0.0005)
    }

    @Test func settingsThatCannotBeAreNamed() {
        var augmentations = [SoundAugmentation](repeating: SoundAugmentation(), count: 6)
        augmentations[0].speed = 0...1
        augmentations[1].tiltDecibelsPerOctave = -90...0
        augmentations[2].gainDecibels = 0...900
        augmentations[3].windowSeconds = .nan
        augmentations[4].repeatCount = 1...2
        augmentations[5].noiseDecibels = 0...3
        for augmentation in augmentations {
            let failure = MediaFixtures.failure { () throws(MediaError) in
                _ = try augmentation.applied(to: tone, seed: 0)
            }
            #expect(failure?.kind == .outOfRange)
        }
    }

    /// The first outputs for seed 1234567, as published with the reference implementation.
    @Test func randomNumbersAreTheReferenceOnes() {
        var random = SplitMix64(seed: 1_234_567)
        let first = (0..<3).map { _ in random.next() }
        #expect(
            first == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }
}
