/// Sound from sound files and from the tracks of videos, as one channel at the rate asked for.
///
/// Sound files are read with libsndfile, MP3 and the tracks of videos with libav. Channels are mixed as libswresample
/// weighs them, divided by the sum of the weights (stereo: the mean). A track that begins later than its
/// file is led in with silence, and what lies before the file's start is dropped, so that times agree
/// with the pictures'.
public enum AudioReader {
    /// The whole sound of a file.
    ///
    /// Units: samples as decoded, full scale 1, beyond ±1 kept
    /// Throws: `MediaError` naming the file; `.noAudio` for a file without a sound stream, `.empty` for
    ///   a stream without samples, `.invalidSamples` for NaN and infinity.
    public static func waveform(
        of path: String, sampleRateHertz: Int
    ) throws(MediaError) -> Waveform {
        guard MediaLimits.sampleRatesHertz.contains(sampleRateHertz) else {
            throw MediaError(
                .outOfRange, path,
                "\(sampleRateHertz) samples a second asked for; expected "
                    + "\(MediaLimits.sampleRatesHertz.lowerBound) to "
                    + "\(MediaLimits.sampleRatesHertz.upperBound)")
        }
        try RegularFile.check(path)
        let firstBytes = try SoundFileEnd.check(path)
        let samples: [Float]
        if let file = try SoundFile(path: path, firstBytes: firstBytes) {
            samples = try file.samples(sampleRateHertz: sampleRateHertz)
        } else {
            let track = try AudioTrack(container: Container(path: path))
            samples = try track.samples(sampleRateHertz: sampleRateHertz)
        }
        guard !samples.isEmpty else {
            throw MediaError(
                .empty, path, "its sound stream holds no samples", hint: "record or copy it again")
        }
        guard samples.allSatisfy({ $0.isFinite }) else {
            throw MediaError(
                .invalidSamples, path, "holds samples that are not finite",
                hint: "render the file again from its source")
        }
        return Waveform(samples: samples, sampleRateHertz: sampleRateHertz)
    }
}
