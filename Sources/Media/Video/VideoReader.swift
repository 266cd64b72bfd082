/// Pictures from videos and still pictures, by time.
///
/// Times count from the start of the file's time line, so they agree with the sound's. The picture given
/// for a time is the one on screen then: the last that began at or before it, or the first of all when
/// the time lies before it. Pictures come upright, with transparency laid on a background.
///
/// A long clip is decoded by as many processors as the caller allows, a short one on the calling thread, as
/// starting more takes about as long as reading it; decode several of these at once for speed. The pictures
/// are the same either way.
public enum VideoReader {
    /// The pictures on screen at the given times, in the order of the times.
    ///
    /// Units: seconds from the start of the file
    /// Throws: `MediaError` naming the file; `.noVideo` for a file of sound only, `.outOfRange` for a
    ///   time outside the clip, `.truncated` or `.damaged` when a picture asked for cannot be decoded.
    public static func frames(
        of path: String, atSeconds times: [Double], background: Picture.Color = .white,
        threadCount: Int = 1
    ) throws(MediaError) -> [Picture] {
        try pictures(of: path, background, threadCount) { track throws(MediaError) in
            try track.pictures(atSeconds: times)
        }
    }

    /// Pictures spread evenly over the video: one from the middle of each of `count` equal parts.
    ///
    /// A still picture is given `count` times.
    /// Formula: t_i = start + (i + ½) · duration / count
    /// Throws: as `frames(of:atSeconds:background:)`.
    public static func frames(
        of path: String, count: Int, background: Picture.Color = .white, threadCount: Int = 1
    ) throws(MediaError) -> [Picture] {
        try pictures(of: path, background, threadCount) { track throws(MediaError) in
            guard count > 0 else {
                throw MediaError(
                    .outOfRange, path, "\(count) pictures asked for; expected at least 1")
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
    }

    /// What a walk through the file gives.
    ///
    /// A codec's threads do not mark pictures of which they had to make up a part, they only say so. Then, and
    /// where they fail, one thread reads the file again and tells exactly what is wrong.
    private static func pictures(
        of path: String, _ background: Picture.Color, _ threadCount: Int,
        _ walk: (VideoTrack) throws(MediaError) -> [Picture]
    ) throws(MediaError) -> [Picture] {
        do {
            let track = try VideoTrack(
                container: Container(path: path), background: background,
                threadCount: threadCount)
            guard track.hasThreads else { return try walk(track) }
            if let pictures = try? walk(track), LibavLog.tail().isEmpty { return pictures }
        }
        return try pictures(of: path, background, 1, walk)
    }

    /// Decodes a whole file and says what its pictures come to.
    ///
    /// A file is dark when no red, green or blue of any pixel of any picture is above `darkLevel`.
    /// Throws: as `frames(of:atSeconds:background:)`, for damage anywhere in the file.
    public static func examination(
        of path: String, darkLevel: UInt8
    ) throws(MediaError) -> VideoExamination {
        try VideoTrack(container: Container(path: path), background: .white, threadCount: 1)
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
