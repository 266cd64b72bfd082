import CFFmpeg

/// One walk through a file's video stream, from the first time asked for to the last.
final class VideoTrack {
    let container: Container
    let isStill: Bool
    private let stream: UnsafeMutablePointer<AVStream>
    private let converter: PictureConverter
    private let orientation: Orientation
    private let frames: FrameQueue
    private var shown: (seconds: Double, picture: Picture)?

    /// Slack for times that were rounded to the container's ticks.
    private static let toleranceSeconds = 0.0005

    /// Opens a file's pictures, decoded on up to `threadCount` threads when there are many.
    init(
        container: Container, background: Picture.Color, threadCount: Int
    ) throws(MediaError) {
        guard let stream = container.videoStream else {
            throw MediaError(
                .noVideo, container.path, "has no picture stream",
                hint: "name a video or picture, or use the sample as sound only")
        }
        self.container = container
        self.stream = stream
        isStill = container.isStillPicture
        orientation = try Orientation.of(stream, path: container.path)
        converter = PictureConverter(path: container.path, background: background)
        frames = try FrameQueue(container: container, stream: stream, threadCount: threadCount)
    }

    /// Whether the codec has threads of its own.
    var hasThreads: Bool { frames.threadCount > 1 }

    /// When the video's first picture appears and its last one goes.
    func span() throws(MediaError) -> (start: Double, end: Double) {
        let decoder = frames.decoder
        let start = decoder.seconds(stream.pointee.start_time).map { $0 - container.startSeconds }
        if let duration = decoder.seconds(stream.pointee.duration), duration > 0 {
            return (start ?? 0, (start ?? 0) + duration)
        }
        if let end = container.durationSeconds, end > (start ?? 0) { return (start ?? 0, end) }
        let again = try Container(path: container.path)
        guard let stream = again.videoStream else { return (0, 0) }
        let scan = try FrameQueue(container: again, stream: stream, threadCount: 1)
        try scan.skipToEnd()
        return (start ?? 0, scan.endSeconds)
    }

    /// The pictures on screen at the given times, in the order of the times.
    func pictures(atSeconds times: [Double]) throws(MediaError) -> [Picture] {
        let end = isStill ? nil : container.durationSeconds
        for time in times where !(time >= 0 && time <= (end ?? .infinity) + 0.001) {
            throw MediaError(
                .outOfRange, container.path,
                "a picture at \(time) seconds; expected 0 to \(end.map { "\($0)" } ?? "the end")",
                hint: "ask for times inside the clip")
        }
        var pictures = [Picture?](repeating: nil, count: times.count)
        for index in times.indices.sorted(by: { times[$0] < times[$1] }) {
            pictures[index] = try picture(atSeconds: isStill ? 0 : times[index])
        }
        return pictures.compactMap { $0 }
    }

    /// Decodes every picture, and looks at them until one is not dark.
    func examination(darkLevel: UInt8) throws(MediaError) -> VideoExamination {
        var count = 0
        var isDark = true
        while try frames.step() {
            count += 1
            guard let current = frames.current else { break }
            if isDark {
                isDark = try picture(of: current).rgb.allSatisfy { $0 <= darkLevel }
            } else {
                try checkWhole(current)
            }
        }
        guard count > 0 else { throw empty() }
        if !isStill { try frames.checkReaches(.infinity) }
        return VideoExamination(
            pictureCount: count, endSeconds: isStill ? nil : try span().end, isDark: isDark)
    }

    private func picture(atSeconds time: Double) throws(MediaError) -> Picture {
        let limit = time + Self.toleranceSeconds
        try frames.seekIfWorthwhile(toSeconds: time)
        try frames.advance(toSeconds: limit)
        guard let current = frames.current else { throw empty() }
        if !isStill { try frames.checkReaches(time) }
        if let shown, shown.seconds == current.seconds { return shown.picture }
        let picture = try picture(of: current)
        shown = (current.seconds, picture)
        return picture
    }

    private func picture(of frame: TimedFrame) throws(MediaError) -> Picture {
        try checkWhole(frame)
        let turned = try Orientation.of(frame.frame, path: container.path) ?? orientation
        return try converter.picture(of: frame.frame, orientation: turned)
    }

    private func checkWhole(_ frame: TimedFrame) throws(MediaError) {
        guard frame.isDamaged else { return }
        throw MediaError(
            .damaged, container.path,
            "the picture at \(frame.seconds) seconds is damaged\(LibavLog.tail())",
            hint: "convert the file again")
    }

    private func empty() -> MediaError {
        MediaError(
            .empty, container.path, "its video stream holds no picture\(LibavLog.tail())",
            hint: "copy or convert the file again")
    }
}
