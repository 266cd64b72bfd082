import CFFmpeg
import Foundation

/// An open media file: its streams and its packets in file order.
///
/// Formats are limited to files that hold their own content, so that no playlist can reach for another
/// file or the network.
final class Container {
    let path: String
    private var context: UnsafeMutablePointer<AVFormatContext>?
    let packet: UnsafeMutablePointer<AVPacket>

    private static let formats = """
        mov,matroska,avi,asf,flv,ogg,mpegts,mpeg,mpegvideo,m4v,h264,hevc,ivf,obu,gif,apng,\
        png_pipe,jpeg_pipe,bmp_pipe,webp_pipe,tiff_pipe,pgm_pipe,ppm_pipe,pam_pipe,\
        wav,w64,flac,mp3,aac,ac3,eac3,aiff,au,caf,amr,amrnb,amrwb,dts,tta,wv,ape
        """

    /// Opens a file and learns what its streams are.
    init(path: String) throws(MediaError) {
        try RegularFile.check(path)
        guard LibavLog.start(), let packet = av_packet_alloc() else {
            throw MediaError(.unsupported, path, "no memory to open it")
        }
        self.path = path
        self.packet = packet
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        av_dict_set(&options, "format_whitelist", Self.formats, 0)
        av_dict_set(&options, "protocol_whitelist", "file", 0)
        av_dict_set(&options, "max_streams", "64", 0)
        let code = avformat_open_input(&context, "file:\(path)", nil, &options)
        guard code == 0, let context else {
            throw Self.unrecognized(path, code: code)
        }
        try findStreams(of: context)
        if let durationSeconds {
            try MediaLimits.check(durationSeconds: durationSeconds, path: path)
        }
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
        avformat_close_input(&context)
        LibavLog.stop()
    }

    var streams: [UnsafeMutablePointer<AVStream>] {
        guard let context, let list = context.pointee.streams else { return [] }
        return (0..<Int(context.pointee.nb_streams)).compactMap { list[$0] }
    }

    /// The format's short name, such as `mov` or `png_pipe`.
    var formatName: String {
        guard let format = context?.pointee.iformat, let name = format.pointee.name else {
            return ""
        }
        return String(String(cString: name).prefix { $0 != "," })
    }

    /// Whether the file is one picture without a time line.
    var isStillPicture: Bool { formatName.hasSuffix("_pipe") }

    /// How long the file says it lasts.
    var durationSeconds: Double? {
        guard let duration = context?.pointee.duration, duration > 0 else { return nil }
        return Double(duration) / Double(AV_TIME_BASE)
    }

    /// Where the earliest stream begins; all times given out are counted from here.
    var startSeconds: Double {
        guard let start = context?.pointee.start_time, start != duet_av_no_timestamp() else {
            return 0
        }
        return Double(start) / Double(AV_TIME_BASE)
    }

    /// The first stream of moving or still pictures; cover art does not count.
    var videoStream: UnsafeMutablePointer<AVStream>? {
        streams.first { stream in
            stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
                && stream.pointee.disposition
                    & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS) == 0
        }
    }

    /// The first stream of sound.
    var audioStream: UnsafeMutablePointer<AVStream>? {
        streams.first { $0.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO }
    }

    /// Reads the next packet into `packet`; false at the end of the file.
    func readPacket() throws(MediaError) -> Bool {
        av_packet_unref(packet)
        let code = av_read_frame(context, packet)
        if code == duet_av_error_end_of_file() {
            guard let input = context?.pointee.pb, input.pointee.error < 0 else { return false }
            throw MediaError(
                .damaged, path,
                "reading stops: \(LibavLog.name(of: input.pointee.error))\(LibavLog.tail())",
                hint: "copy the file again")
        }
        guard code >= 0 else {
            throw MediaError(
                .damaged, path, "reading stops: \(LibavLog.name(of: code))\(LibavLog.tail())",
                hint: "the file may be cut off; copy or convert it again")
        }
        guard packet.pointee.flags & AV_PKT_FLAG_CORRUPT == 0 else {
            throw MediaError(
                .truncated, path, "ends in the middle of a frame\(LibavLog.tail())",
                hint: "copy the file again")
        }
        return true
    }

    /// Moves to the last key frame at or before a time in the stream's own ticks.
    func seek(_ stream: UnsafeMutablePointer<AVStream>, to ticks: Int64) throws(MediaError) {
        let code = av_seek_frame(context, stream.pointee.index, ticks, AVSEEK_FLAG_BACKWARD)
        guard code >= 0 else {
            throw MediaError(
                .damaged, path, "seeking fails: \(LibavLog.name(of: code))\(LibavLog.tail())",
                hint: "convert the file again")
        }
    }

    private static func unrecognized(_ path: String, code: Int32) -> MediaError {
        let heard = LibavLog.tail()
        // libav names a format that is refused by reciting all that are not.
        let reason =
            heard.contains("whitelist")
            ? "its format is not among those read" : LibavLog.name(of: code) + heard
        return MediaError(
            .unrecognized, path, "is no picture, video or sound file: \(reason)",
            hint: "play the file to check it, or convert it again")
    }

    /// Reads enough of the file to know every stream, with one thread and bounded pictures.
    private func findStreams(of context: UnsafeMutablePointer<AVFormatContext>) throws(MediaError) {
        for stream in streams { try checkDeclaredSize(of: stream) }
        let count = Int(context.pointee.nb_streams)
        var options = [OpaquePointer?](repeating: nil, count: count)
        for index in options.indices {
            av_dict_set(&options[index], "threads", "1", 0)
            av_dict_set(&options[index], "max_pixels", "\(MediaLimits.pixelsPerPicture)", 0)
        }
        let code = options.withUnsafeMutableBufferPointer {
            avformat_find_stream_info(context, $0.isEmpty ? nil : $0.baseAddress)
        }
        for index in options.indices { av_dict_free(&options[index]) }
        guard code >= 0 else {
            throw MediaError(
                .damaged, path,
                "its streams make no sense: \(LibavLog.name(of: code))"
                    + LibavLog.tail(), hint: "convert the file again")
        }
        for stream in streams { try checkDeclaredSize(of: stream) }
    }

    private func checkDeclaredSize(
        of stream: UnsafeMutablePointer<AVStream>
    ) throws(MediaError) {
        let width = Int(stream.pointee.codecpar.pointee.width)
        let height = Int(stream.pointee.codecpar.pointee.height)
        if width != 0 || height != 0 {
            try MediaLimits.check(pixelsWide: width, pixelsHigh: height, path: path)
        }
    }
}
