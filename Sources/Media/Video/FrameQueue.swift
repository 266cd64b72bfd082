import CFFmpeg

/// A decoded frame with the time it appears.
final class TimedFrame {
    let frame: UnsafeMutablePointer<AVFrame>
    let seconds: Double
    let durationSeconds: Double

    /// Takes over what a decoder's frame refers to.
    init?(taking source: UnsafeMutablePointer<AVFrame>, seconds: Double, durationSeconds: Double) {
        guard let frame = av_frame_alloc() else { return nil }
        av_frame_move_ref(frame, source)
        self.frame = frame
        self.seconds = seconds
        self.durationSeconds = durationSeconds
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    /// Whether the decoder had to make up a part of it.
    var isDamaged: Bool {
        frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 || frame.pointee.decode_error_flags != 0
    }
}

/// The frames of a video stream in order of appearance: the one on screen and the one after it.
final class FrameQueue {
    private(set) var current: TimedFrame?
    private var next: TimedFrame?
    private var container: Container
    private(set) var decoder: StreamDecoder
    /// Threads of the codec.
    let threadCount: Int
    private var stream: UnsafeMutablePointer<AVStream>
    private var hasStarted = false
    private var maySeek: Bool
    private var hasReadIndex = false
    /// How late decoding times are, for files that store no others.
    private var delaySeconds = 0.0
    /// Where reading stands, in ticks of decoding time.
    private var readTicks = Int64.min
    /// After seeking: earlier frames lean on others that were not decoded.
    private var firstWholeTicks = Int64.min
    private var isAwaitingKeyFrame = false
    /// Until when frames are passed over, and the latest one up to then that the decoder has been given.
    private var wantedSeconds = -Double.infinity
    private var latestWantedTicks = Int64.min
    private var hasSentEnd = false
    /// The end of the latest packet of any stream.
    private(set) var endSeconds = 0.0

    /// Seeking flushes the decoder, so a short way ahead is decoded instead.
    private static let worthwhileSeconds = 0.5
    /// Formats with an index of key frames and with times of appearance.
    private static let seekableFormats = ["mov", "matroska"]

    /// Pixels of a whole stream from which several threads are worth starting and keeping in step: three
    /// seconds of 1280 × 720. Clips below are read in little more than the time that this takes, and there
    /// are mostly many of them.
    private static let pixelsForThreads = 64e6
    /// More threads than this are no use to libavcodec.
    private static let mostThreads = 16

    /// Decodes for `threadCount` processors when the stream is long. One more thread than that keeps them
    /// busy while frames are handed over.
    init(
        container: Container, stream: UnsafeMutablePointer<AVStream>, threadCount: Int
    ) throws(MediaError) {
        self.container = container
        self.stream = stream
        let isLong = Self.pixelCount(of: stream, in: container) >= Self.pixelsForThreads
        self.threadCount =
            isLong && threadCount > 1 ? min(threadCount + 1, Self.mostThreads) : 1
        decoder = try StreamDecoder(
            path: container.path, stream: stream, threadCount: self.threadCount)
        maySeek = Self.seekableFormats.contains(container.formatName)
    }

    /// Steps on until the frame on screen at `limit` seconds is current.
    func advance(toSeconds limit: Double) throws(MediaError) {
        wantedSeconds = limit
        try start()
        while let upcoming = next, current == nil || upcoming.seconds <= limit {
            current = upcoming
            next = try decode()
        }
    }

    /// Steps on by one frame; false at the end, where the last frame stays current.
    func step() throws(MediaError) -> Bool {
        wantedSeconds = -.infinity
        try start()
        guard let upcoming = next else { return false }
        current = upcoming
        next = try decode()
        return true
    }

    private func start() throws(MediaError) {
        guard !hasStarted else { return }
        hasStarted = true
        next = try decode()
    }

    /// Jumps when the file's index knows a key frame well ahead of reading and not after `time`.
    func seekIfWorthwhile(toSeconds time: Double) throws(MediaError) {
        guard maySeek, let target = ticks(time) else { return }
        if let next, next.seconds > time { return }
        guard isSeekWorthwhile(toSeconds: time) else { return }
        try container.seek(stream, to: target)
        decoder.flush()
        wantedSeconds = time
        latestWantedTicks = .min
        isAwaitingKeyFrame = true
        hasSentEnd = false
        hasStarted = true
        current = nil
        next = nil
        next = try decode()
        if let first = next, first.seconds <= time { return }
        try restart()
    }

    /// Fails when the file ended before it came to `time`, though it declares more.
    func checkReaches(_ time: Double) throws(MediaError) {
        guard next == nil, let last = current else { return }
        let slack = max(0.25, 2 * frameSeconds)
        let lastEnd = last.seconds + max(last.durationSeconds, frameSeconds)
        var reached = max(endSeconds, lastEnd)
        var declared = container.durationSeconds ?? 0
        if let duration = decoder.seconds(stream.pointee.duration), duration > 0 {
            reached = lastEnd
            let start = decoder.seconds(stream.pointee.start_time) ?? container.startSeconds
            declared = start - container.startSeconds + duration
        }
        guard time > lastEnd + slack, reached + slack < declared else { return }
        throw MediaError(
            .truncated, container.path,
            "its pictures end at \(lastEnd) seconds; expected \(declared)",
            hint: "copy or convert the file again")
    }

    /// Reads to the end without decoding, so that `endSeconds` is known.
    func skipToEnd() throws(MediaError) {
        while try container.readPacket() { note(container.packet) }
    }

    /// Whether a key frame lies well ahead of reading and not after `time`, by the file's index.
    private func isSeekWorthwhile(toSeconds time: Double) -> Bool {
        // Matroska's index is read by the first seek.
        if container.formatName == "matroska", !hasReadIndex {
            hasReadIndex = time > (next?.seconds ?? 0) + 4 * Self.worthwhileSeconds
            return hasReadIndex
        }
        let delay = Double(stream.pointee.codecpar.pointee.video_delay) * frameSeconds
        guard let wanted = ticks(time - delay), let worthwhile = ticks(Self.worthwhileSeconds),
            let start = ticks(0),
            let entry = avformat_index_get_entry_from_timestamp(
                stream, wanted, AVSEEK_FLAG_BACKWARD)
        else { return false }
        let found = entry.pointee.timestamp
        return found <= wanted && found > max(readTicks, start) &+ (worthwhile - start)
    }

    /// The stream's own ticks for a time; nil when they do not fit.
    private func ticks(_ seconds: Double) -> Int64? {
        let base = stream.pointee.time_base
        guard base.num > 0 else { return nil }
        let ticks = (seconds + container.startSeconds) * Double(base.den) / Double(base.num)
        return abs(ticks) < 0x1p60 ? Int64(ticks) : nil
    }

    /// Begins again from a fresh reader that never seeks.
    private func restart() throws(MediaError) {
        container = try Container(path: container.path)
        guard let stream = container.videoStream else { return }
        self.stream = stream
        decoder = try StreamDecoder(
            path: container.path, stream: stream, threadCount: threadCount)
        maySeek = false
        latestWantedTicks = .min
        hasStarted = false
        isAwaitingKeyFrame = false
        hasSentEnd = false
        firstWholeTicks = .min
        current = nil
        next = nil
    }

    /// Pixels of all frames, as far as the file tells.
    private static func pixelCount(
        of stream: UnsafeMutablePointer<AVStream>, in container: Container
    ) -> Double {
        let rate = stream.pointee.avg_frame_rate
        let average = Double(rate.num) / Double(max(1, rate.den))
        let declared = Double(stream.pointee.nb_frames)
        let count = declared > 0 ? declared : average * (container.durationSeconds ?? 0)
        let size = stream.pointee.codecpar.pointee
        return count * Double(size.width) * Double(size.height)
    }

    /// How long one frame stays, by the stream's average.
    private var frameSeconds: Double {
        let rate = stream.pointee.avg_frame_rate
        return rate.num > 0 && rate.den > 0 ? Double(rate.den) / Double(rate.num) : 0
    }

    private func decode() throws(MediaError) -> TimedFrame? {
        while true {
            switch try decoder.receive() {
            case .ended: return nil
            case .needsPacket: try feed()
            case .frame:
                if let frame = try timed(decoder.frame) { return frame }
            }
        }
    }

    /// Gives the decoder its next packet, or the end.
    private func feed() throws(MediaError) {
        guard !hasSentEnd else {
            throw MediaError(
                .damaged, container.path, "its video decoder asks for more after the end",
                hint: "convert the file again")
        }
        while try container.readPacket() {
            let packet = container.packet
            note(packet)
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            readTicks = max(readTicks, packet.pointee.dts)
            if isAwaitingKeyFrame, packet.pointee.flags & AV_PKT_FLAG_KEY != 0 {
                firstWholeTicks = packet.pointee.pts
                isAwaitingKeyFrame = false
            }
            decoder.skipsUnreferencedFrames = isPassedOver(packet)
            return try decoder.send(packet)
        }
        hasSentEnd = true
        try decoder.send(nil)
    }

    /// Whether the decoder already has a frame that hides this one by the time that is wanted, so that it
    /// need be decoded only if others lean on it.
    private func isPassedOver(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
        let ticks = packet.pointee.pts
        guard maySeek, ticks != duet_av_no_timestamp() else { return false }
        if ticks < latestWantedTicks { return true }
        let seconds = decoder.seconds(ticks).map { $0 - container.startSeconds } ?? .infinity
        if seconds <= wantedSeconds, packet.pointee.flags & AV_PKT_FLAG_DISCARD == 0 {
            latestWantedTicks = ticks
        }
        return false
    }

    private func note(_ packet: UnsafeMutablePointer<AVPacket>) {
        let time = max(packet.pointee.pts, packet.pointee.dts)
        guard time != duet_av_no_timestamp(),
            let stream = container.streams.first(where: {
                $0.pointee.index == packet.pointee.stream_index
            })
        else { return }
        let base = stream.pointee.time_base
        let end = Double(time) + Double(max(0, packet.pointee.duration))
        let seconds = end * Double(base.num) / Double(max(1, base.den))
        endSeconds = max(endSeconds, seconds - container.startSeconds)
    }

    /// Takes the decoder's frame with its time; nil when seeking made it unusable.
    private func timed(
        _ frame: UnsafeMutablePointer<AVFrame>
    ) throws(MediaError) -> TimedFrame? {
        let ticks = frame.pointee.best_effort_timestamp
        let isKnown = ticks != duet_av_no_timestamp()
        if isKnown, ticks < firstWholeTicks {
            av_frame_unref(frame)
            return nil
        }
        let last = next ?? current
        let afterLast = last.map { $0.seconds + frameSeconds } ?? 0
        let start = max(container.startSeconds, decoder.seconds(stream.pointee.start_time) ?? 0)
        var seconds = decoder.seconds(ticks).map { $0 - container.startSeconds } ?? afterLast
        if last == nil, !maySeek, frame.pointee.pts == duet_av_no_timestamp() {
            delaySeconds = max(0, seconds - (start - container.startSeconds))
        }
        seconds -= delaySeconds
        // Times that run backwards are guesses of the demultiplexer's.
        if let last, seconds <= last.seconds { seconds = afterLast }
        let duration = decoder.seconds(duet_av_frame_duration(frame)) ?? 0
        guard let taken = TimedFrame(taking: frame, seconds: seconds, durationSeconds: duration)
        else { throw MediaError(.unsupported, container.path, "no memory to decode it") }
        return taken
    }
}
