import CFFmpeg

/// Turns decoded frames of any pixel format into upright RGB pictures.
///
/// Colours follow the frame's own matrix and range (BT.601 when it names none, as libswscale has it);
/// transparent pixels are laid on the background; the pixel grid is kept as stored.
final class PictureConverter {
    let path: String
    let background: Picture.Color
    private var scaler: OpaquePointer?

    init(path: String, background: Picture.Color) {
        self.path = path
        self.background = background
    }

    deinit {
        sws_freeContext(scaler)
    }

    func picture(
        of frame: UnsafeMutablePointer<AVFrame>, orientation: Orientation
    ) throws(MediaError) -> Picture {
        let width = Int(frame.pointee.width)
        let height = Int(frame.pointee.height)
        try MediaLimits.check(pixelsWide: width, pixelsHigh: height, path: path)
        let format = AVPixelFormat(rawValue: frame.pointee.format)
        guard let descriptor = av_pix_fmt_desc_get(format) else {
            throw MediaError(.damaged, path, "a picture without a pixel format")
        }
        let flags = descriptor.pointee.flags
        let hasAlpha = flags & UInt64(AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL) != 0
        let target = hasAlpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24
        scaler = sws_getCachedContext(
            scaler, frame.pointee.width, frame.pointee.height, format, frame.pointee.width,
            frame.pointee.height, target, SWS_BICUBIC | SWS_ACCURATE_RND, nil, nil, nil)
        guard let scaler else {
            throw MediaError(
                .unsupported, path, "pictures in the pixel format \(name(of: descriptor))",
                hint: "convert the file to 8-bit RGB or YUV")
        }
        let isYUV =
            flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) == 0
            && descriptor.pointee.nb_components >= 3
        if isYUV { setColors(of: scaler, frame: frame) }
        let channels = hasAlpha ? 4 : 3
        let (bytes, stride) = try pixels(of: frame, scaler: scaler, channels: channels)
        let rgb = packed(bytes, stride: stride, width: width, height: height, channels: channels)
        return Picture(pixelsWide: width, pixelsHigh: height, rgb: rgb).oriented(orientation)
    }

    /// Converts into rows padded for libswscale's vector loops, which write past a row's end.
    private func pixels(
        of frame: UnsafeMutablePointer<AVFrame>, scaler: OpaquePointer, channels: Int
    ) throws(MediaError) -> (bytes: [UInt8], stride: Int) {
        let height = Int(frame.pointee.height)
        let stride = (Int(frame.pointee.width) * channels + 127) / 64 * 64
        var written: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: stride * height + 64) { buffer, count in
            buffer.initialize(repeating: 0)
            count = buffer.count
            let source = frame.pointee
            let planes = [source.data.0, source.data.1, source.data.2, source.data.3]
                .map { (plane: UnsafeMutablePointer<UInt8>?) in plane.map { UnsafePointer($0) } }
            let strides = [
                source.linesize.0, source.linesize.1, source.linesize.2, source.linesize.3,
            ]
            let target = [buffer.baseAddress, nil, nil, nil]
            let targetStrides: [Int32] = [Int32(stride), 0, 0, 0]
            written = sws_scale(
                scaler, planes, strides, 0, source.height, target, targetStrides)
        }
        guard written == frame.pointee.height else {
            throw MediaError(
                .damaged, path, "a picture cannot be converted to RGB\(LibavLog.tail())",
                hint: "convert the file again")
        }
        return (bytes, stride)
    }

    private func setColors(of scaler: OpaquePointer, frame: UnsafeMutablePointer<AVFrame>) {
        let matrix = sws_getCoefficients(Int32(frame.pointee.colorspace.rawValue))
        let isFullRange = frame.pointee.color_range == AVCOL_RANGE_JPEG
        // The call reports failure for pairs of formats it has nothing to set for.
        _ = sws_setColorspaceDetails(
            scaler, matrix, isFullRange ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
            1 << 16)
    }

    /// Drops the padding and lays transparent pixels on the background.
    private func packed(
        _ bytes: [UInt8], stride: Int, width: Int, height: Int, channels: Int
    ) -> [UInt8] {
        guard channels == 4 else {
            var rgb = [UInt8]()
            rgb.reserveCapacity(width * height * 3)
            for row in 0..<height { rgb += bytes[row * stride..<row * stride + width * 3] }
            return rgb
        }
        let under = SIMD3<UInt32>(
            UInt32(background.red), UInt32(background.green), UInt32(background.blue))
        return [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
            bytes.withUnsafeBufferPointer { source in
                var to = 0
                for row in 0..<height {
                    var from = row * stride
                    for _ in 0..<width {
                        let alpha = UInt32(source[from + 3])
                        for channel in 0..<3 {
                            let over = UInt32(source[from + channel])
                            let mixed = over * alpha + under[channel] * (255 - alpha)
                            target[to + channel] = UInt8((mixed + 127) / 255)
                        }
                        from += channels
                        to += 3
                    }
                }
            }
            count = width * height * 3
        }
    }

    private func name(of descriptor: UnsafePointer<AVPixFmtDescriptor>) -> String {
        descriptor.pointee.name.map { String(cString: $0) } ?? "unknown"
    }
}
