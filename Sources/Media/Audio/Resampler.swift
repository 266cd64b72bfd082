import CFFmpeg

/// Any layout, format and rate to one channel of Float at the rate asked for, by libswresample.
///
/// Channels are mixed with libswresample's weights (front 1, centre and surround −3 dB, no
/// low-frequency channel), divided by their sum so that mixing alone never exceeds full scale: stereo
/// becomes (left + right) / 2. Channels without a layout are averaged.
final class Resampler {
    static let interleavedFloat = AV_SAMPLE_FMT_FLT

    private let subject: String
    private let fromHertz: Int
    private let toHertz: Int
    private var context: OpaquePointer?

    init(
        subject: String, fromHertz: Int, toHertz: Int, sampleFormat: AVSampleFormat,
        channelCount: Int, layout: AVChannelLayout? = nil
    ) throws(MediaError) {
        try MediaLimits.check(
            sampleRateHertz: fromHertz, channelCount: channelCount, path: subject)
        try MediaLimits.check(sampleRateHertz: toHertz, channelCount: 1, path: subject)
        self.subject = subject
        self.fromHertz = fromHertz
        self.toHertz = toHertz
        var mono = AVChannelLayout()
        var source = AVChannelLayout()
        defer {
            av_channel_layout_uninit(&mono)
            av_channel_layout_uninit(&source)
        }
        av_channel_layout_default(&mono, 1)
        if var layout, layout.order == AV_CHANNEL_ORDER_NATIVE {
            av_channel_layout_copy(&source, &layout)
        } else {
            av_channel_layout_default(&source, Int32(channelCount))
        }
        var code = swr_alloc_set_opts2(
            &context, &mono, AV_SAMPLE_FMT_FLT, Int32(toHertz), &source, sampleFormat,
            Int32(fromHertz), 0, nil)
        if code >= 0, let context {
            av_opt_set_double(UnsafeMutableRawPointer(context), "rematrix_maxval", 1, 0)
            if source.order == AV_CHANNEL_ORDER_UNSPEC {
                let equal = [Double](repeating: 1 / Double(channelCount), count: channelCount)
                code = swr_set_matrix(context, equal, Int32(channelCount))
            }
            if code >= 0 { code = swr_init(context) }
        }
        guard code >= 0 else {
            swr_free(&context)
            throw MediaError(
                .unsupported, subject,
                "\(channelCount) channels at \(fromHertz) Hz cannot be resampled: "
                    + LibavLog.name(of: code) + LibavLog.tail(), hint: "convert the sound to mono")
        }
    }

    deinit {
        swr_free(&context)
    }

    /// Resamples a whole mono sound.
    func resampling(_ samples: [Float]) throws(MediaError) -> [Float] {
        var output: [Float] = []
        output.reserveCapacity(samples.count * toHertz / fromHertz + 64)
        let chunk = 1 << 16
        for start in stride(from: 0, to: samples.count, by: chunk) {
            try append(interleaved: samples[start..<min(samples.count, start + chunk)], to: &output)
        }
        try finish(into: &output)
        return output
    }

    /// Adds interleaved Float frames; only for `interleavedFloat` sources of one channel.
    func append(interleaved samples: ArraySlice<Float>, to output: inout [Float]) throws(MediaError)
    {
        try append(interleaved: samples, frameCount: samples.count, to: &output)
    }

    /// Adds interleaved Float frames; only for `interleavedFloat` sources.
    func append(
        interleaved samples: ArraySlice<Float>, frameCount: Int, to output: inout [Float]
    ) throws(MediaError) {
        var failure: MediaError?
        samples.withUnsafeBytes { bytes in
            let planes = [bytes.bindMemory(to: UInt8.self).baseAddress]
            do throws(MediaError) {
                try append(planes: planes, frameCount: frameCount, to: &output)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Adds frames given as libav gives them: one plane, or one a channel.
    func append(
        planes: [UnsafePointer<UInt8>?], frameCount: Int, to output: inout [Float]
    ) throws(MediaError) {
        guard frameCount > 0 else { return }
        var planes = planes
        try convert(&planes, frameCount: frameCount, into: &output)
    }

    /// Takes what the filter still holds back.
    func finish(into output: inout [Float]) throws(MediaError) {
        try convert(nil, frameCount: 0, into: &output)
    }

    private func convert(
        _ planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, frameCount: Int,
        into output: inout [Float]
    ) throws(MediaError) {
        let room = Int(swr_get_out_samples(context, Int32(frameCount)))
        guard room > 0 else { return }
        var written: Int32 = 0
        let samples = [Float](unsafeUninitializedCapacity: room) { buffer, count in
            buffer.withMemoryRebound(to: UInt8.self) { bytes in
                var target = bytes.baseAddress
                written = swr_convert(context, &target, Int32(room), planes, Int32(frameCount))
            }
            count = max(0, Int(written))
        }
        guard written >= 0 else {
            throw MediaError(
                .damaged, subject,
                "its sound cannot be resampled: \(LibavLog.name(of: written))\(LibavLog.tail())",
                hint: "convert the file again")
        }
        output += samples
    }
}
