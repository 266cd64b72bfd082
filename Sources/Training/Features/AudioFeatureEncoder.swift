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
    /// Windows that are encoded one by one, and the seconds from one to the next; nil for one window.
    let windows: (count: Int, strideSeconds: Double)?

    private var rate: Int { frontEnd.sampleRateHertz }
    private var sampleCount: Int { Int((durationSeconds * Double(rate)).rounded()) }

    func decode(_ reference: MediaReference) throws -> DecodedClip<[SpectrogramViews]> {
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
        return DecodedClip(clip: try views(of: waveform, seed: cropSeed), isCut: isCut)
    }

    /// The views of a clip's sound, or of each window of it, with zeros behind its end.
    func views(of waveform: Waveform, seed: UInt64) throws -> [SpectrogramViews] {
        guard let windows else { return [try frontEnd.views(of: waveform, seed: seed)] }
        let length = frontEnd.configuration.sampleCount
        return try (0..<windows.count).map { index in
            let start = Int((Double(index) * windows.strideSeconds * Double(rate)).rounded())
            let heard = waveform.samples.dropFirst(start).prefix(length)
            let silence = [Float](repeating: 0, count: length - heard.count)
            return try frontEnd.views(
                of: Waveform(samples: heard + silence, sampleRateHertz: rate), seed: seed)
        }
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
///
/// Safety: the encoder's parameters are frozen and were read before the value was made; nobody writes them.
struct AudioFeatureEncoder: FeatureEncoder, @unchecked Sendable {
    let encoder: any MediaEncoder<SpectrogramViews>
    let settings: AudioFeatureSettings
    let frontEnd: SoundFrontEnd

    var decoder: SoundDecoder {
        SoundDecoder(
            frontEnd: frontEnd, durationSeconds: settings.recipe.durationSeconds,
            augmentation: settings.augmentation,
            windows: settings.recipe.strideSeconds.map { (settings.segmentCount, $0) })
    }

    func encode(_ clip: [SpectrogramViews]) throws -> StoredArray<Float> {
        if settings.recipe.strideSeconds != nil {
            let vectors = try clip.map { try encoder.encode([$0])[0].values }
            return StoredArray(Tensor.concatenated(vectors, axis: 0))
        }
        let grid = try encoder.encode(clip)[0]
        let filled = grid.prefix(
            timeCount: frontEnd.filledCount(
                of: grid.timeCount, durationSeconds: settings.recipe.durationSeconds))
        return StoredArray(
            try filled.averaged(
                timeCount: settings.segmentCount, rowCount: settings.recipe.bandCount
            ).values)
    }
}
