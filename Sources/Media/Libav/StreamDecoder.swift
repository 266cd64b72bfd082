import CFFmpeg

/// Packets of one stream in, frames out.
final class StreamDecoder {
    /// What a call to `receive` brought.
    enum Outcome { case frame, needsPacket, ended }

    let path: String
    let stream: UnsafeMutablePointer<AVStream>
    /// The frame last received.
    let frame: UnsafeMutablePointer<AVFrame>
    private let context: UnsafeMutablePointer<AVCodecContext>

    /// Opens the stream's codec, which may decode that many frames at the same time. How many changes no
    /// frame.
    init(
        path: String, stream: UnsafeMutablePointer<AVStream>, threadCount: Int = 1
    ) throws(MediaError) {
        let parameters = stream.pointee.codecpar
        guard let parameters, let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw MediaError(
                .unsupported, path, "no decoder for \(Self.codecName(of: stream))",
                hint: "convert the file to H.264 and AAC, PNG or WAV")
        }
        guard let frame = av_frame_alloc(), let context = avcodec_alloc_context3(codec) else {
            throw MediaError(.unsupported, path, "no memory to decode it")
        }
        self.path = path
        self.stream = stream
        self.frame = frame
        self.context = context
        var code = avcodec_parameters_to_context(context, parameters)
        context.pointee.thread_count = Int32(threadCount)
        // Several threads on one frame would let damage pass that is found and told otherwise.
        context.pointee.thread_type = FF_THREAD_FRAME
        LibavLog.listen(to: context)
        context.pointee.max_pixels = Int64(MediaLimits.pixelsPerPicture)
        context.pointee.pkt_timebase = stream.pointee.time_base
        if code >= 0 { code = avcodec_open2(context, codec, nil) }
        guard code >= 0 else {
            throw MediaError(
                .damaged, path,
                "its \(Self.codecName(of: stream)) stream cannot be decoded: "
                    + LibavLog.name(of: code) + LibavLog.tail(), hint: "convert the file again")
        }
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        av_frame_free(&frame)
        avcodec_free_context(&context)
    }

    /// Whether frames that no other leans on are left out, from the next packet on.
    var skipsUnreferencedFrames = false {
        didSet {
            context.pointee.skip_frame =
                skipsUnreferencedFrames ? AVDISCARD_NONREF : AVDISCARD_DEFAULT
        }
    }

    /// Hands over a packet, or nil to say that there are no more.
    func send(_ packet: UnsafeMutablePointer<AVPacket>?) throws(MediaError) {
        let code = avcodec_send_packet(context, packet)
        guard code >= 0 || code == duet_av_error_end_of_file() else { throw failure(code) }
    }

    /// Takes the next frame into `frame`.
    func receive() throws(MediaError) -> Outcome {
        let code = avcodec_receive_frame(context, frame)
        if code == duet_av_error_again() { return .needsPacket }
        if code == duet_av_error_end_of_file() { return .ended }
        guard code >= 0 else { throw failure(code) }
        return .frame
    }

    /// Forgets everything sent; needed after seeking.
    func flush() {
        avcodec_flush_buffers(context)
    }

    /// Seconds for a time in the stream's ticks, or nil when there is none.
    func seconds(_ ticks: Int64) -> Double? {
        guard ticks != duet_av_no_timestamp() else { return nil }
        let base = stream.pointee.time_base
        return Double(ticks) * Double(base.num) / Double(max(1, base.den))
    }

    static func codecName(of stream: UnsafeMutablePointer<AVStream>) -> String {
        guard let parameters = stream.pointee.codecpar else { return "unknown" }
        return String(cString: avcodec_get_name(parameters.pointee.codec_id))
    }

    private func failure(_ code: Int32) -> MediaError {
        let heard = LibavLog.tail()
        // libav gives one code for everything; its words tell a refused size from damage.
        let isTooLarge = heard.contains("Picture size")
        return MediaError(
            isTooLarge ? .tooLarge : .damaged, path,
            "its \(Self.codecName(of: stream)) stream cannot be decoded: "
                + LibavLog.name(of: code) + heard,
            hint: isTooLarge
                ? "scale the file down first"
                : "the file may be cut off; copy or convert it again")
    }
}
