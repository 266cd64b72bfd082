import Foundation
import Media
import Testing

@Suite struct LogMelSpectrogramTests {
    /// Whisper's float32 reference is within 7e-6 of its own double path.
    private static let whisperTolerance: Float = 1e-4
    /// Decibels; a float32 transform is within 2e-4 of the reference.
    private static let decibelTolerance: Float = 2e-3

    private func distance(
        _ frames: MelFrames, _ name: String, everyFrame step: Int
    ) throws -> Float {
        let expected = try MediaFixtures.floats(name)
        let chosen = stride(from: 0, to: frames.frameCount, by: step).flatMap { frame in
            frames.values[frame * frames.bandCount..<(frame + 1) * frames.bandCount]
        }
        #expect(chosen.count == expected.count)
        return zip(chosen, expected).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test func whispersFramesEqualTheReference() throws {
        let samples = try MediaFixtures.floats("whisper_waveform.f32")
        let spectrogram = try LogMelSpectrogram(.whisper(bandCount: 128, seconds: 4))
        let frames = try spectrogram.frames(of: Waveform(samples: samples, sampleRateHertz: 16_000))
        #expect(frames.frameCount == 400 && frames.bandCount == 128)
        let worst = try distance(frames, "whisper_frames.f32", everyFrame: 20)
        #expect(worst < Self.whisperTolerance)
    }

    @Test(arguments: [
        ("clap_rand_trunc.repeatpad.f32", LogMelSpectrogram.Configuration.clap()),
        ("clap_rand_trunc.repeat.f32", .clap(padding: .repeats)),
        ("clap_fusion.repeatpad.f32", .clap(scale: .htk)),
    ])
    func clapsFramesEqualTheReference(
        name: String, configuration: LogMelSpectrogram.Configuration
    ) throws {
        let samples = try MediaFixtures.floats("clap_waveform.f32")
        let frames = try LogMelSpectrogram(configuration)
            .frames(of: Waveform(samples: samples, sampleRateHertz: 48_000))
        #expect(frames.frameCount == 1_001 && frames.bandCount == 64)
        let worst = try distance(frames, name, everyFrame: 50)
        #expect(worst < Self.decibelTolerance)
    }

    @Test func silenceIsTheConstantFloor() throws {
        let silence = Waveform(samples: [Float](repeating: 0, count: 900), sampleRateHertz: 16_000)
        let frames = try LogMelSpectrogram(.whisper(seconds: 1)).frames(of: silence)
        #expect(frames.values.count == 100 * 80)
        #expect(frames.values.allSatisfy { $0 == -1.5 })
    }

    /// Whisper keeps 8 decades below the loudest band, wherever that is: here the last of all numbers.
    @Test func nothingIsFurtherBelowTheLoudestThanEightDecades() throws {
        let sound = (0..<800).map { (index: Int) -> Float in
            index < 640 ? 0 : sin(2 * .pi * 7_600 * Float(index) / 16_000)
        }
        let values = try LogMelSpectrogram(.whisper(seconds: 0.05))
            .frames(of: Waveform(samples: sound, sampleRateHertz: 16_000)).values
        #expect(values.count == 5 * 80)
        let (least, largest) = (try #require(values.min()), try #require(values.max()))
        #expect(try #require(values.firstIndex(of: largest)) >= values.count / 32 * 32)
        #expect(abs(largest - least - 8 / 4) < 1e-6)
    }

    @Test func longSoundsAreCutAtTheEnd() throws {
        let spectrogram = try LogMelSpectrogram(.whisper(seconds: 0.1))
        let long = (0..<3_000).map { (index: Int) -> Float in Float(index * index % 97) / 97 }
        let whole = try spectrogram.frames(of: Waveform(samples: long, sampleRateHertz: 16_000))
        let cut = Waveform(samples: Array(long.prefix(1_600)), sampleRateHertz: 16_000)
        #expect(try spectrogram.frames(of: cut) == whole)
        #expect(whole.frameCount == 10)
    }

    @Test(arguments: [16, 20, 40, 100, 250, 400, 512])
    func everyWindowEqualsTheNaiveTransform(count: Int) throws {
        var configuration = LogMelSpectrogram.Configuration.whisper(seconds: 0.1)
        configuration.windowSampleCount = count
        configuration.hopSampleCount = count
        configuration.bandCount = 3
        configuration.compression = .decibels
        let samples = (0..<1_600).map { (index: Int) -> Float in Float(index * 37 % 101) / 101 }
        let spectrogram = try LogMelSpectrogram(configuration)
        let frames = try spectrogram.frames(
            of: Waveform(samples: samples, sampleRateHertz: 16_000))
        let filters = spectrogram.filters.matrix
        var bands = [0.0, 0.0, 0.0]
        for bin in 0...count / 2 {
            var (real, imaginary) = (0.0, 0.0)
            for index in 0..<count {
                let angle = 2 * Double.pi * Double(index) / Double(count)
                let x = Double(samples[count / 2 + index]) * (0.5 - 0.5 * cos(angle))
                real += x * cos(angle * Double(bin))
                imaginary -= x * sin(angle * Double(bin))
            }
            let power = real * real + imaginary * imaginary
            for band in 0..<3 { bands[band] += power * Double(filters[bin * 3 + band]) }
        }
        for band in 0..<3 {
            let expected = 10 * log10(max(bands[band], 1e-10))
            #expect(abs(Double(frames.values[3 + band]) - expected) < 1e-3)
        }
    }

    @Test func soundsThatDoNotFitAreRefused() throws {
        let spectrogram = try LogMelSpectrogram(.whisper(seconds: 1))
        for (samples, rate, kind) in [
            ([Float](repeating: 0, count: 9), 8_000, MediaError.Kind.outOfRange),
            ([], 16_000, .empty), ([.nan], 16_000, .invalidSamples),
            ([0, -.infinity, 0], 16_000, .invalidSamples),
        ] {
            let failure = MediaFixtures.failure { () throws(MediaError) in
                _ = try spectrogram.frames(of: Waveform(samples: samples, sampleRateHertz: rate))
            }
            #expect(failure?.kind == kind)
        }
    }

    @Test func settingsThatCannotBeAreNamed() {
        var configurations = [LogMelSpectrogram.Configuration](repeating: .whisper(), count: 6)
        configurations[0].windowSampleCount = 402
        configurations[1].hopSampleCount = 0
        configurations[2].bandCount = 0
        configurations[3].highestHertz = 9_000
        configurations[4].sampleCount = 100
        configurations[5].sampleRateHertz = 0
        configurations.append(.whisper(seconds: .nan))
        configurations.append(.whisper(seconds: 1e30))
        for configuration in configurations {
            let failure = MediaFixtures.failure { () throws(MediaError) in
                _ = try LogMelSpectrogram(configuration)
            }
            #expect(failure?.kind == .outOfRange)
        }
    }
}
