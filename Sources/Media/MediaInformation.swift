import CFFmpeg
import Files

/// What a picture, video or sound file holds, learned without decoding all of it.
public struct MediaInformation: Sendable, Hashable {
    /// The pictures of a file.
    public struct Video: Sendable, Hashable {
        /// Width in pixels after turning upright.
        public let pixelsWide: Int
        /// Height in pixels after turning upright.
        public let pixelsHigh: Int
        /// The average rate; nil for still pictures and where the file does not say.
        public let framesPerSecond: Double?
        /// libav's name of the codec, such as `h264`.
        public let codecName: String
    }

    /// The sound of a file.
    public struct Audio: Sendable, Hashable {
        /// Samples a second as stored.
        public let sampleRateHertz: Int
        /// Channels as stored.
        public let channelCount: Int
        /// libav's name of the codec, such as `aac`.
        public let codecName: String
    }

    /// The file.
    public let path: String
    /// libav's short name of the format, such as `mov`.
    public let formatName: String
    /// How long it lasts; nil for still pictures and where the file does not say.
    public let durationSeconds: Double?
    /// Whether it is one picture without a time line.
    public let isStillPicture: Bool
    /// Its pictures, if it has any; cover art does not count.
    public let video: Video?
    /// Its sound, if it has any.
    public let audio: Audio?

    /// Reads what a file says about itself.
    ///
    /// Throws: `MediaError` when the file is no picture, video or sound.
    public static func probe(_ path: String) throws(MediaError) -> MediaInformation {
        let container = try Container(path: path)
        let isStill = container.isStillPicture
        let information = MediaInformation(
            path: path, formatName: container.formatName,
            durationSeconds: isStill ? nil : container.durationSeconds, isStillPicture: isStill,
            video: try container.videoStream.map { stream throws(MediaError) in
                try video(stream, path: path, isStill: isStill)
            },
            audio: container.audioStream.map(audio))
        guard information.video != nil || information.audio != nil else {
            throw MediaError(
                .empty, path, "holds neither pictures nor sound", hint: "name another file")
        }
        return information
    }

    /// The SHA-256 of the file's bytes as lower-case hexadecimal, the name of its content.
    ///
    /// Throws: `MediaError` when the file cannot be read.
    public static func contentDigest(of path: String) throws(MediaError) -> String {
        try RegularFile.check(path)
        do {
            return try SHA256.hexDigest(ofFile: path)
        } catch {
            throw MediaError(.missing, path, "cannot be read: \(error)", hint: "check the disk")
        }
    }

    private static func video(
        _ stream: UnsafeMutablePointer<AVStream>, path: String, isStill: Bool
    ) throws(MediaError) -> Video {
        let parameters = stream.pointee.codecpar.pointee
        let (width, height) = try Orientation.of(stream, path: path).size(
            pixelsWide: Int(parameters.width), pixelsHigh: Int(parameters.height))
        let rate = stream.pointee.avg_frame_rate
        let hasRate = !isStill && rate.num > 0 && rate.den > 0
        return Video(
            pixelsWide: width, pixelsHigh: height,
            framesPerSecond: hasRate ? Double(rate.num) / Double(rate.den) : nil,
            codecName: StreamDecoder.codecName(of: stream))
    }

    private static func audio(_ stream: UnsafeMutablePointer<AVStream>) -> Audio {
        let parameters = stream.pointee.codecpar.pointee
        return Audio(
            sampleRateHertz: Int(parameters.sample_rate),
            channelCount: Int(parameters.ch_layout.nb_channels),
            codecName: StreamDecoder.codecName(of: stream))
    }
}
