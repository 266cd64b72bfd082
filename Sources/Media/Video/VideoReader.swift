/// Pictures from videos and still pictures, by time.
///
/// Times count from the start of the file's time line, so they agree with the sound's. The picture given
/// for a time is the one on screen then: the last that began at or before it, or the first of all when
/// the time lies before it. Pictures come upright, with transparency laid on a background. One clip is
/// decoded on the calling thread; decode several clips at once for speed.
public enum VideoReader {
    /// The pictures on screen at the given times, in the order of the times.
    ///
    /// Units: seconds from the start of the file
    /// Throws: `MediaError` naming the file; `.noVideo` for a file of sound only, `.outOfRange` for a
    ///   time outside the clip, `.truncated` or `.damaged` when a picture asked for cannot be decoded.
    public static func frames(
        of path: String, atSeconds times: [Double], background: Picture.Color = .white
    ) throws(MediaError) -> [Picture] {
        let track = try VideoTrack(container: Container(path: path), background: background)
        return try track.pictures(atSeconds: times)
    }

    /// Pictures spread evenly over the video: one from the middle of each of `count` equal parts.
    ///
    /// A still picture is given `count` times.
    /// Formula: t_i = start + (i + ½) · duration / count
    /// Throws: as `frames(of:atSeconds:background:)`.
    public static func frames(
        of path: String, count: Int, background: Picture.Color = .white
    ) throws(MediaError) -> [Picture] {
        let track = try VideoTrack(container: Container(path: path), background: background)
        guard count > 0 else {
            throw MediaError(.outOfRange, path, "\(count) pictures asked for; expected at least 1")
        }
        guard !track.isStill else {
            return try track.pictures(atSeconds: [Double](repeating: 0, count: count))
        }
        let span = try track.span()
        let part = (span.end - span.start) / Double(count)
        return try track.pictures(
            atSeconds: (0..<count).map { (index: Int) -> Double in
                span.start + (Double(index) + 0.5) * part
            })
    }

    /// Decodes a whole file and says what its pictures come to.
    ///
    /// A file is dark when no red, green or blue of any pixel of any picture is above `darkLevel`.
    /// Throws: as `frames(of:atSeconds:background:)`, for damage anywhere in the file.
    public static func examination(
        of path: String, darkLevel: UInt8
    ) throws(MediaError) -> VideoExamination {
        try VideoTrack(container: Container(path: path), background: .white)
            .examination(darkLevel: darkLevel)
    }
}

/// What the pictures of a whole file come to.
public struct VideoExamination: Sendable, Hashable {
    /// Pictures in the file.
    public let pictureCount: Int
    /// When the last one goes, from the start of the file; nil for a still picture.
    public let endSeconds: Double?
    /// Whether all of them are as good as black.
    public let isDark: Bool
}
