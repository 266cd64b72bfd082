import Foundation
import Media
import Testing

@Suite struct ClapSpectrogramsTests {
    /// A window of 0.1 s: 11 frames.
    private func spectrograms(
        _ truncation: ClapSpectrograms.Truncation
    ) throws -> ClapSpectrograms {
        try ClapSpectrograms(
            truncation: truncation,
            configuration: .clap(
                scale: truncation == .fusion ? .htk : .slaney, seconds: 0.1))
    }

    private func sound(_ count: Int) -> Waveform {
        Waveform(
            samples: (0..<count).map { (index: Int) -> Float in
                Float(index * index % 911) / 911 - 0.5
            },
            sampleRateHertz: 48_000)
    }

    @Test func shortSoundsHaveNoCrops() throws {
        for truncation in [ClapSpectrograms.Truncation.randomCrop, .fusion] {
            let views = try spectrograms(truncation).views(of: sound(4_800), seed: 1)
            #expect(views.crops.isEmpty && views.whole.frameCount == 11)
        }
    }

    @Test func aSeedDecidesWhereALongSoundIsCropped() throws {
        let maker = try spectrograms(.randomCrop)
        let first = try maker.views(of: sound(48_000), seed: 1)
        let again = try maker.views(of: sound(48_000), seed: 1)
        let other = try maker.views(of: sound(48_000), seed: 2)
        #expect(first == again && first != other)
        #expect(first.whole.frameCount == 11 && first.crops.isEmpty)
    }

    @Test func fusionTakesTheWholeAndThreeCrops() throws {
        let views = try spectrograms(.fusion).views(of: sound(48_000), seed: 3)
        #expect(views.crops.count == 3)
        #expect((views.crops + [views.whole]).allSatisfy { $0.frameCount == 11 })
        let again = try spectrograms(.fusion).views(of: sound(48_000), cropStarts: [0, 45, 90])
        #expect(again.whole == views.whole)
        #expect(throws: MediaError.self) {
            try spectrograms(.fusion).views(of: sound(48_000), cropStarts: [0, 45, 91])
        }
    }

    @Test func aSoundLongerByLessThanAFrameIsTakenWhole() throws {
        let views = try spectrograms(.fusion).views(of: sound(4_900), seed: 0)
        #expect(views.crops.isEmpty && views.whole.frameCount == 11)
    }

    @Test func configurationsAreRead() throws {
        let text = """
            {"feature_extractor_type": "ClapFeatureExtractor", "truncation": "rand_trunc",
             "padding": "repeat", "frequency_min": 50, "max_length_s": 5, "top_db": null}
            """
        let read = try ClapSpectrograms(huggingFaceJSON: Data(text.utf8), subject: "config")
        let configuration = read.spectrogram.configuration
        #expect(read.truncation == .randomCrop && configuration.scale == .slaney)
        #expect(configuration.lowestHertz == 50 && configuration.sampleCount == 240_000)
        #expect(configuration.padding == .repeats && configuration.hopSampleCount == 480)
        let usual = try ClapSpectrograms(
            huggingFaceJSON: Data(#"{"feature_extractor_type": "ClapFeatureExtractor"}"#.utf8),
            subject: "config")
        #expect(usual.truncation == .fusion && usual.spectrogram.configuration.scale == .htk)
        #expect(usual.summary != read.summary)
    }

    @Test func settingsOfLAIONAreRead() throws {
        func read(_ more: String) throws -> ClapSpectrograms {
            let text = """
                {"feature_extractor_type": "ClapFeatureExtractor", "truncation": "rand_trunc",
                 "frequency_min": 50, "max_length_s": 0.1\(more)}
                """
            return try ClapSpectrograms(huggingFaceJSON: Data(text.utf8), subject: "config")
        }
        let usual = try read("")
        let laion = try read(#", "mel_scale": "htk", "int16_rounding": true"#)
        #expect(usual.spectrogram.configuration.scale == .slaney)
        #expect(!usual.spectrogram.configuration.roundsTo16Bits)
        #expect(laion.spectrogram.configuration.scale == .htk)
        #expect(laion.spectrogram.configuration.roundsTo16Bits)
        let filtered = try read(#", "mel_scale": "htk""#)
        #expect(Set([usual.summary, laion.summary, filtered.summary]).count == 3)
    }

    @Test func integersOf16BitsAreWhatIsHeard() throws {
        let loud = Waveform(
            samples: sound(4_800).samples.map { 3 * $0 }, sampleRateHertz: 48_000)
        let integers = loud.samples.map { Int16(32_767 * max(-1, min(1, $0))) }
        let held = Waveform(
            samples: integers.map { Float($0) / 32_767 }, sampleRateHertz: 48_000)
        var configuration = LogMelSpectrogram.Configuration.clap(seconds: 0.1)
        let plain = try LogMelSpectrogram(configuration)
        configuration.roundsTo16Bits = true
        let rounding = try LogMelSpectrogram(configuration)
        let expected = try plain.frames(of: held)
        #expect(try rounding.frames(of: loud) == expected)
        #expect(try plain.frames(of: loud) != expected)
    }

    @Test(arguments: [
        "{}", #"{"feature_extractor_type": "WhisperFeatureExtractor"}"#,
        #"{"feature_extractor_type": "ClapFeatureExtractor", "padding": "reflect"}"#,
        #"{"feature_extractor_type": "ClapFeatureExtractor", "top_db": 80}"#,
        #"{"feature_extractor_type": "ClapFeatureExtractor", "mel_scale": "bark"}"#,
    ])
    func otherConfigurationsAreErrors(json: String) {
        let failure = MediaFixtures.failure { () throws(MediaError) in
            _ = try ClapSpectrograms(huggingFaceJSON: Data(json.utf8), subject: "config")
        }
        #expect(failure?.kind == .unsupported)
    }
}
