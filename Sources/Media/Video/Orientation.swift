import CFFmpeg

/// One of the eight ways to turn and mirror a picture onto the pixel grid.
///
/// Formula: (column, row) = (xx·x + xy·y, yx·x + yy·y), shifted to begin at zero
struct Orientation: Sendable, Hashable {
    let xx: Int
    let xy: Int
    let yx: Int
    let yy: Int

    static let upright = Orientation(xx: 1, xy: 0, yx: 0, yy: 1)

    /// Reads a display matrix; nil when it turns by anything but quarters.
    ///
    /// Source: ISO/IEC 14496-12, matrix of the track header; nine 16.16 numbers, row vectors
    init?(displayMatrix matrix: UnsafePointer<Int32>) {
        func sign(_ value: Int32) -> Int { abs(value) < 1 << 12 ? 0 : (value > 0 ? 1 : -1) }
        let signs = (sign(matrix[0]), sign(matrix[3]), sign(matrix[1]), sign(matrix[4]))
        guard abs(signs.0) + abs(signs.1) == 1, abs(signs.2) + abs(signs.3) == 1,
            abs(signs.0) + abs(signs.2) == 1
        else { return nil }
        self.init(xx: signs.0, xy: signs.1, yx: signs.2, yy: signs.3)
    }

    init(xx: Int, xy: Int, yx: Int, yy: Int) {
        self.xx = xx
        self.xy = xy
        self.yx = yx
        self.yy = yy
    }

    /// The size of a picture after turning it.
    func size(pixelsWide: Int, pixelsHigh: Int) -> (Int, Int) {
        xx == 0 ? (pixelsHigh, pixelsWide) : (pixelsWide, pixelsHigh)
    }

    /// The orientation a stream's display matrix asks for.
    static func of(
        _ stream: UnsafeMutablePointer<AVStream>, path: String
    ) throws(MediaError) -> Orientation {
        var byteCount = 0
        guard
            let bytes = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &byteCount),
            byteCount >= 9 * 4
        else { return .upright }
        return try read(UnsafeRawPointer(bytes), path: path)
    }

    /// The orientation a single frame asks for, as photographs do.
    static func of(
        _ frame: UnsafeMutablePointer<AVFrame>, path: String
    ) throws(MediaError) -> Orientation? {
        guard let data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX),
            data.pointee.size >= 9 * 4, let bytes = data.pointee.data
        else { return nil }
        return try read(UnsafeRawPointer(bytes), path: path)
    }

    private static func read(
        _ bytes: UnsafeRawPointer, path: String
    ) throws(MediaError) -> Orientation {
        let matrix = (0..<9).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self) }
        guard let orientation = Orientation(displayMatrix: matrix) else {
            throw MediaError(
                .unsupported, path, "is to be shown turned by other than quarter turns",
                hint: "turn the pictures themselves and save the file again")
        }
        return orientation
    }
}
