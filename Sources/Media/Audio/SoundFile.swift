import CSndfile

/// A sound file opened by libsndfile.
final class SoundFile {
    private let path: String
    private let file: OpaquePointer
    private let information: SF_INFO

    private static let framesAtOnce = 1 << 14

    /// The first bytes of the formats left to libsndfile: WAVE and its kin, Ogg, FLAC, AIFF, CAF, AU.
    ///
    /// MP3 is not among them: libsndfile's decoder for it writes to the standard error.
    private static let marks = ["RIFF", "RIFX", "RF64", "OggS", "fLaC", "FORM", "caff", ".snd"]

    /// Opens a file; nil when its format is not one for libsndfile.
    init?(path: String, firstBytes: [UInt8]) throws(MediaError) {
        guard Self.marks.contains(where: { firstBytes.starts(with: $0.utf8) }) else { return nil }
        var information = SF_INFO()
        guard let file = sf_open(path, Int32(SFM_READ), &information) else { return nil }
        self.path = path
        self.file = file
        self.information = information
        try MediaLimits.check(
            sampleRateHertz: Int(information.samplerate), channelCount: Int(information.channels),
            path: path)
        try MediaLimits.check(
            durationSeconds: Double(information.frames) / Double(information.samplerate), path: path
        )
    }

    deinit {
        sf_close(file)
    }

    /// All samples, mixed to one channel at the given rate.
    func samples(sampleRateHertz: Int) throws(MediaError) -> [Float] {
        let channelCount = Int(information.channels)
        let resampler = try Resampler(
            subject: path, fromHertz: Int(information.samplerate), toHertz: sampleRateHertz,
            sampleFormat: Resampler.interleavedFloat, channelCount: channelCount)
        var samples: [Float] = []
        var chunk = [Float](repeating: 0, count: Self.framesAtOnce * channelCount)
        var frameCount = 0
        while true {
            let read = Int(sf_readf_float(file, &chunk, sf_count_t(Self.framesAtOnce)))
            guard read > 0 else { break }
            frameCount += read
            try resampler.append(
                interleaved: chunk[..<(read * channelCount)], frameCount: read, to: &samples)
        }
        let code = sf_error(file)
        guard code == SF_ERR_NO_ERROR else {
            throw MediaError(
                .damaged, path, "reading its sound fails: \(String(cString: sf_strerror(file)))",
                hint: "copy or convert the file again")
        }
        guard frameCount >= Int(information.frames) else {
            throw MediaError(
                .truncated, path,
                "holds \(frameCount) of the \(information.frames) samples it declares",
                hint: "copy the file again")
        }
        try resampler.finish(into: &samples)
        return samples
    }
}
