/// From a sound of any length to what CLAP takes: one log-mel spectrogram, or, for fused weights and a
/// sound longer than the window, the whole shrunk and three crops.
///
/// Source: Wu et al. 2023 (arXiv:2211.06687), section 3.2; transformers' ClapFeatureExtractor
public struct ClapSpectrograms: Sendable {
    /// What becomes of a sound longer than the window.
    public enum Truncation: String, Sendable, Hashable {
        /// One crop, anywhere.
        case randomCrop = "rand_trunc"
        /// The whole shrunk to the window, and crops from the front, the middle and the back.
        case fusion
    }

    /// What is computed of one sound.
    public struct Views: Sendable, Hashable {
        /// The sound, or the crop of it, or the whole of it shrunk.
        public let whole: MelFrames
        /// The three crops of a sound longer than the window, with fusion.
        public let crops: [MelFrames]
    }

    /// How sounds are cropped.
    public let truncation: Truncation
    /// How spectrograms are computed.
    public let spectrogram: LogMelSpectrogram

    /// Plans the computation.
    ///
    /// Throws: `MediaError` naming a setting that cannot be
    public init(
        truncation: Truncation, configuration: LogMelSpectrogram.Configuration
    ) throws(MediaError) {
        self.truncation = truncation
        spectrogram = try LogMelSpectrogram(configuration)
    }

    /// The views of a sound; the seed decides where a longer one is cropped.
    ///
    /// Throws: `MediaError` when the sound is empty, has another sample rate or is not finite
    public func views(of waveform: Waveform, seed: UInt64) throws(MediaError) -> Views {
        var random = SplitMix64(seed: seed)
        let length = spectrogram.configuration.sampleCount
        guard waveform.samples.count > length else {
            return Views(whole: try spectrogram.frames(of: waveform), crops: [])
        }
        if truncation == .randomCrop {
            let start = Int(random.next() % UInt64(waveform.samples.count - length + 1))
            let crop = Waveform(
                samples: Array(waveform.samples[start..<start + length]),
                sampleRateHertz: waveform.sampleRateHertz)
            return Views(whole: try spectrogram.frames(of: crop), crops: [])
        }
        let all = try frames(ofAll: waveform)
        let count = spectrogram.configuration.frameCount
        guard all.frameCount > count else { return Views(whole: all, crops: []) }
        let starts = Self.thirds(all.frameCount - count + 1).map { range -> Int in
            range.isEmpty ? 0 : range.lowerBound + Int(random.next() % UInt64(range.count))
        }
        return Self.fused(all, frameCount: count, starts: starts)
    }

    /// The views of a longer sound with crops at known frames.
    package func views(
        of waveform: Waveform, cropStarts: [Int]
    ) throws(MediaError) -> Views {
        let all = try frames(ofAll: waveform)
        let count = spectrogram.configuration.frameCount
        guard cropStarts.allSatisfy({ $0 >= 0 && $0 + count <= all.frameCount }) else {
            throw MediaError(
                .outOfRange, "crops",
                "frames \(cropStarts) and the \(count) after each, of \(all.frameCount)",
                hint: "begin crops inside of the sound")
        }
        return Self.fused(all, frameCount: count, starts: cropStarts)
    }

    /// The frames of a sound, however long it is.
    private func frames(ofAll waveform: Waveform) throws(MediaError) -> MelFrames {
        var configuration = spectrogram.configuration
        configuration.sampleCount = waveform.samples.count
        return try LogMelSpectrogram(configuration).frames(of: waveform)
    }

    /// Three runs of nearly equal length, the longer ones first.
    ///
    /// Source: numpy.array_split
    private static func thirds(_ count: Int) -> [Range<Int>] {
        var start = 0
        return (0..<3).map { part in
            let length = count / 3 + (part < count % 3 ? 1 : 0)
            defer { start += length }
            return start..<start + length
        }
    }

    private static func fused(_ all: MelFrames, frameCount: Int, starts: [Int]) -> Views {
        let bands = all.bandCount
        let crops = starts.map { start in
            MelFrames(
                frameCount: frameCount, bandCount: bands,
                values: Array(all.values[start * bands..<(start + frameCount) * bands]))
        }
        return Views(whole: shrunk(all, frameCount: frameCount), crops: crops)
    }

    /// Frames interpolated between their neighbours.
    ///
    /// Formula: x = max(0, (i + ½) n/m − ½), y = (1 − t) f[⌊x⌋] + t f[⌊x⌋ + 1], t = x − ⌊x⌋
    /// Source: torch.nn.functional.interpolate, bilinear, align_corners false
    private static func shrunk(_ all: MelFrames, frameCount: Int) -> MelFrames {
        let (bands, scale) = (all.bandCount, Float(all.frameCount) / Float(frameCount))
        var values: [Float] = []
        values.reserveCapacity(frameCount * bands)
        for frame in 0..<frameCount {
            let x = max(0, (Float(frame) + 0.5) * scale - 0.5)
            let low = min(Int(x), all.frameCount - 1)
            let high = min(low + 1, all.frameCount - 1)
            let t = x - Float(low)
            for band in 0..<bands {
                values.append(
                    (1 - t) * all.values[low * bands + band] + t * all.values[high * bands + band])
            }
        }
        return MelFrames(frameCount: frameCount, bandCount: bands, values: values)
    }
}
