import CFFmpeg

/// The first sound stream of a container, decoded from start to end.
final class AudioTrack {
    private let container: Container
    private let decoder: StreamDecoder
    private var resampler: Resampler?
    private var resamplerLayout: [Int] = []
    private var samples: [Float] = []
    private var hasBegun = false
    private var reachedSeconds = 0.0

    init(container: Container) throws(MediaError) {
        guard let stream = container.audioStream else {
            throw MediaError(
                .noAudio, container.path, "has no sound stream",
                hint: "name a file with sound, or use the sample as pictures only")
        }
        self.container = container
        decoder = try StreamDecoder(path: container.path, stream: stream)
    }

    /// All samples, mixed to one channel at the given rate.
    func samples(sampleRateHertz: Int) throws(MediaError) -> [Float] {
        var isAtEnd = false
        while !isAtEnd {
            if try container.readPacket() {
                let packet = container.packet
                guard packet.pointee.stream_index == decoder.stream.pointee.index else { continue }
                try decoder.send(packet)
            } else {
                isAtEnd = true
                try decoder.send(nil)
            }
            while try decoder.receive() == .frame {
                try take(decoder.frame, sampleRateHertz: sampleRateHertz)
                av_frame_unref(decoder.frame)
            }
        }
        try resampler?.finish(into: &samples)
        try checkReachesEnd(sampleRateHertz: sampleRateHertz)
        return samples
    }

    private func take(
        _ frame: UnsafeMutablePointer<AVFrame>, sampleRateHertz: Int
    ) throws(MediaError) {
        let frameCount = Int(frame.pointee.nb_samples)
        let channelCount = Int(frame.pointee.ch_layout.nb_channels)
        let rate = Int(frame.pointee.sample_rate)
        let format = AVSampleFormat(rawValue: frame.pointee.format)
        let layout = [rate, channelCount, Int(format.rawValue)]
        if layout != resamplerLayout {
            try resampler?.finish(into: &samples)
            resampler = try Resampler(
                subject: container.path, fromHertz: rate, toHertz: sampleRateHertz,
                sampleFormat: format, channelCount: channelCount, layout: frame.pointee.ch_layout)
            resamplerLayout = layout
        }
        var skipped = 0
        if !hasBegun {
            skipped = try leadIn(
                startSeconds: decoder.seconds(frame.pointee.best_effort_timestamp),
                frameCount: frameCount, rate: rate, sampleRateHertz: sampleRateHertz)
            guard skipped < frameCount else { return }
            hasBegun = true
        }
        let isPlanar = av_sample_fmt_is_planar(format) == 1
        let bytesPerSample = Int(av_get_bytes_per_sample(format)) * (isPlanar ? 1 : channelCount)
        let planes = (0..<(isPlanar ? channelCount : 1)).map { (plane: Int) in
            frame.pointee.extended_data[plane].map {
                UnsafePointer($0 + skipped * bytesPerSample)
            }
        }
        try resampler?.append(planes: planes, frameCount: frameCount - skipped, to: &samples)
        reachedSeconds += Double(frameCount - skipped) / Double(rate)
        try MediaLimits.check(durationSeconds: reachedSeconds, path: container.path)
    }

    /// Lines the first samples up with the file's time line: silence before them, or some to skip.
    private func leadIn(
        startSeconds: Double?, frameCount: Int, rate: Int, sampleRateHertz: Int
    ) throws(MediaError) -> Int {
        guard let startSeconds else { return 0 }
        let offset = startSeconds - container.startSeconds
        guard offset > 0 else {
            return Int(min(Double(frameCount), (-offset * Double(rate)).rounded()))
        }
        guard offset <= MediaLimits.startOffsetSeconds else {
            throw MediaError(
                .tooLarge, container.path,
                "its sound begins \(offset) seconds late; expected at most "
                    + "\(MediaLimits.startOffsetSeconds)", hint: "convert the file again")
        }
        let silence = Int((offset * Double(sampleRateHertz)).rounded())
        samples = [Float](repeating: 0, count: silence)
        reachedSeconds = offset
        return 0
    }

    /// Fails when the stream ended well before the length it declares.
    private func checkReachesEnd(sampleRateHertz: Int) throws(MediaError) {
        let stream = decoder.stream.pointee
        guard let duration = decoder.seconds(stream.duration), duration > 0 else { return }
        let start = (decoder.seconds(stream.start_time) ?? container.startSeconds)
        let declared = start - container.startSeconds + duration
        guard reachedSeconds + max(0.25, 0.02 * declared) < declared else { return }
        throw MediaError(
            .truncated, container.path,
            "its sound ends at \(reachedSeconds) seconds; expected \(declared)\(LibavLog.tail())",
            hint: "copy the file again")
    }
}
