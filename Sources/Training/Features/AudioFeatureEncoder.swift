internal import Checkpointing
internal import Datasets
internal import Files
internal import Layers
internal import Media
internal import Models
internal import Recipes
internal import Tensors

/// From a sound file, or the sound of a video, to the spectrograms that the encoder takes.
struct SoundDecoder: MediaDecoder {
    let frontEnd: SoundFrontEnd
    let durationSeconds: Double
    let augmentation: Recipe.Augmentation?

    private var rate: Int { frontEnd.sampleRateHertz }
    private var sampleCount: Int { Int((durationSeconds * Double(rate)).rounded()) }

    func decode(_ reference: MediaReference) throws -> DecodedMedium<SpectrogramViews> {
        var waveform: Waveform
        var isCut = false
        var cropSeed: UInt64 = 0
        switch reference {
        case .nothing:
            waveform = Waveform(
                samples: [Float](repeating: 0, count: sampleCount), sampleRateHertz: rate)
        case .file(let path, let variant):
            waveform = try AudioReader.waveform(of: path, sampleRateHertz: rate)
            isCut = waveform.samples.count > sampleCount
            var stream = RandomStream(
                seed: UInt64(variant), name: try SHA256.hexDigest(ofFile: path))
            cropSeed = stream.next()
            if variant > 0, let augmentation {
                waveform = try SoundAugmentation(augmentation, windowSeconds: durationSeconds)
                    .applied(to: waveform, seed: cropSeed)
            }
            if waveform.samples.count > sampleCount {
                waveform = Waveform(
                    samples: Array(waveform.samples.prefix(sampleCount)), sampleRateHertz: rate)
            }
        }
        return DecodedMedium(
            clip: try frontEnd.views(of: waveform, seed: cropSeed), isCut: isCut)
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
    let encoder: any MediaEncoder<SpectrogramViews>
    let settings: AudioFeatureSettings
    let frontEnd: SoundFrontEnd

    var decoder: SoundDecoder {
        SoundDecoder(
            frontEnd: frontEnd, durationSeconds: settings.recipe.durationSeconds,
            augmentation: settings.augmentation)
    }

    func encode(_ clip: SpectrogramViews) throws -> StoredArray<Float> {
        let grid = try encoder.encode([clip])[0]
        let filled = grid.prefix(
            timeCount: frontEnd.filledCount(
                of: grid.timeCount, durationSeconds: settings.recipe.durationSeconds))
        return StoredArray(
            try filled.averaged(timeCount: settings.segmentCount, rowCount: 1).values)
    }
}
