internal import Checkpointing
internal import Datasets
internal import Files
internal import Layers
internal import Media
internal import Models
internal import Recipes
internal import Tensors

/// From a sound file, or the sound of a video, to the spectrogram that the encoder takes.
struct SoundDecoder: MediaDecoder {
    let spectrogram: LogMelSpectrogram
    let durationSeconds: Double
    let augmentation: Recipe.Augmentation?

    private var rate: Int { spectrogram.configuration.sampleRateHertz }
    private var sampleCount: Int { Int((durationSeconds * Double(rate)).rounded()) }

    func decode(_ reference: MediaReference) throws -> DecodedMedium<Spectrogram> {
        var waveform: Waveform
        var isCut = false
        switch reference {
        case .nothing:
            waveform = Waveform(
                samples: [Float](repeating: 0, count: sampleCount), sampleRateHertz: rate)
        case .file(let path, let variant):
            waveform = try AudioReader.waveform(of: path, sampleRateHertz: rate)
            isCut = waveform.samples.count > sampleCount
            if variant > 0, let augmentation {
                var stream = RandomStream(
                    seed: UInt64(variant), name: try SHA256.hexDigest(ofFile: path))
                waveform = try SoundAugmentation(augmentation, windowSeconds: durationSeconds)
                    .applied(to: waveform, seed: stream.next())
            }
        }
        let frames = try spectrogram.frames(of: waveform)
        return DecodedMedium(
            clip: try Spectrogram(
                frameCount: frames.frameCount, bandCount: frames.bandCount, values: frames.values),
            isCut: isCut)
    }
}

extension SoundAugmentation {
    /// As a recipe describes it.
    init(_ recipe: Recipe.Augmentation, windowSeconds: Double) {
        self.init()
        speed = recipe.speed
        tiltDecibelsPerOctave = recipe.tiltDecibelsPerOctave
        gainDecibels = recipe.gainDecibels
        noiseDecibels = recipe.noiseDecibels
        if recipe.repeats {
            self.windowSeconds = windowSeconds
            repeatCount = 1...4
        }
    }
}

/// From spectrograms to the features that are kept.
struct AudioFeatureEncoder: FeatureEncoder {
    let encoder: any MediaEncoder<Spectrogram>
    let settings: AudioFeatureSettings
    let spectrogram: LogMelSpectrogram

    var decoder: SoundDecoder {
        SoundDecoder(
            spectrogram: spectrogram, durationSeconds: settings.recipe.durationSeconds,
            augmentation: settings.augmentation)
    }

    func encode(_ clip: Spectrogram) throws -> StoredArray<Float> {
        let grid = try encoder.encode([clip])[0]
        return StoredArray(try grid.averaged(timeCount: settings.segmentCount).values)
    }
}
