internal import Media
internal import Models

/// How a sound becomes what an audio encoder takes.
enum SoundFrontEnd: Sendable {
    /// One spectrogram of the clip's length.
    case whisper(LogMelSpectrogram)
    /// A spectrogram of the encoder's own window, with crops where it fuses them.
    case clap(ClapSpectrograms)

    /// How spectrograms are computed.
    var configuration: LogMelSpectrogram.Configuration {
        switch self {
        case .whisper(let spectrogram): spectrogram.configuration
        case .clap(let views): views.spectrogram.configuration
        }
    }

    var sampleRateHertz: Int { configuration.sampleRateHertz }

    /// Seconds of sound that the encoder takes at once.
    var windowSeconds: Double { Double(configuration.sampleCount) / Double(sampleRateHertz) }

    /// The views of a clip; the seed decides where one longer than a window is cropped.
    func views(of waveform: Waveform, seed: UInt64) throws -> SpectrogramViews {
        switch self {
        case .whisper(let spectrogram):
            try SpectrogramViews(whole: Spectrogram(try spectrogram.frames(of: waveform)))
        case .clap(let clap):
            try SpectrogramViews(try clap.views(of: waveform, seed: seed))
        }
    }

    /// Of `count` cells of time, those that a clip fills; the rest is padding.
    func filledCount(of count: Int, durationSeconds: Double) -> Int {
        guard case .clap = self else { return count }
        let filled = (Double(count) * durationSeconds / windowSeconds).rounded(.up)
        return max(1, min(count, Int(filled)))
    }
}

extension Spectrogram {
    fileprivate init(_ frames: MelFrames) throws {
        try self.init(
            frameCount: frames.frameCount, bandCount: frames.bandCount, values: frames.values)
    }
}

extension SpectrogramViews {
    fileprivate init(_ views: ClapSpectrograms.Views) throws {
        try self.init(
            whole: Spectrogram(views.whole), crops: try views.crops.map { try Spectrogram($0) })
    }
}
