/// An 8-bit RGB picture, row by row from the top, three bytes a pixel.
public struct Picture: Sendable, Hashable {
    /// Width in pixels.
    public let pixelsWide: Int
    /// Height in pixels.
    public let pixelsHigh: Int
    /// Red, green, blue of every pixel.
    public let rgb: [UInt8]

    /// Makes a picture from its bytes.
    ///
    /// Shapes: rgb [pixelsHigh, pixelsWide, 3]
    /// Traps: when the count of bytes is not that of the size.
    public init(pixelsWide: Int, pixelsHigh: Int, rgb: [UInt8]) {
        precondition(
            pixelsWide > 0 && pixelsHigh > 0 && rgb.count == pixelsWide * pixelsHigh * 3,
            "picture: \(rgb.count) bytes do not fill [\(pixelsHigh), \(pixelsWide), 3]")
        self.pixelsWide = pixelsWide
        self.pixelsHigh = pixelsHigh
        self.rgb = rgb
    }

    /// Makes a picture of one colour.
    public init(pixelsWide: Int, pixelsHigh: Int, filledWith color: Color) {
        var rgb = [UInt8]()
        rgb.reserveCapacity(pixelsWide * pixelsHigh * 3)
        for _ in 0..<pixelsWide * pixelsHigh { rgb += [color.red, color.green, color.blue] }
        self.init(pixelsWide: pixelsWide, pixelsHigh: pixelsHigh, rgb: rgb)
    }

    /// An 8-bit colour.
    public struct Color: Sendable, Hashable {
        /// Red, 0 to 255.
        public let red: UInt8
        /// Green, 0 to 255.
        public let green: UInt8
        /// Blue, 0 to 255.
        public let blue: UInt8

        /// Makes a colour from its three parts.
        public init(red: UInt8, green: UInt8, blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        /// What transparent pictures are laid on unless something else is asked for.
        public static let white = Color(red: 255, green: 255, blue: 255)
    }
}

extension Picture {
    /// The middle of the picture; an odd remainder leaves one more pixel at the right and bottom.
    ///
    /// Formula: left = ⌊(pixelsWide − width) / 2⌋, top = ⌊(pixelsHigh − height) / 2⌋
    /// Traps: when the crop is larger than the picture.
    public func centerCropped(width: Int, height: Int) -> Picture {
        precondition(
            (1...pixelsWide).contains(width) && (1...pixelsHigh).contains(height),
            "centerCropped: \(width) × \(height) is not inside \(pixelsWide) × \(pixelsHigh)")
        let left = (pixelsWide - width) / 2
        let top = (pixelsHigh - height) / 2
        var cropped = [UInt8]()
        cropped.reserveCapacity(width * height * 3)
        for row in top..<top + height {
            let start = (row * pixelsWide + left) * 3
            cropped += rgb[start..<start + width * 3]
        }
        return Picture(pixelsWide: width, pixelsHigh: height, rgb: cropped)
    }

    /// The picture turned and mirrored as its file asks for.
    func oriented(_ orientation: Orientation) -> Picture {
        guard orientation != .upright else { return self }
        let (width, height) = orientation.size(pixelsWide: pixelsWide, pixelsHigh: pixelsHigh)
        let startX = orientation.xx + orientation.xy < 0 ? width - 1 : 0
        let startY = orientation.yx + orientation.yy < 0 ? height - 1 : 0
        let turned = [UInt8](unsafeUninitializedCapacity: rgb.count) { target, count in
            rgb.withUnsafeBufferPointer { source in
                var from = 0
                for y in 0..<pixelsHigh {
                    for x in 0..<pixelsWide {
                        let column = startX + orientation.xx * x + orientation.xy * y
                        let row = startY + orientation.yx * x + orientation.yy * y
                        let to = (row * width + column) * 3
                        target[to] = source[from]
                        target[to + 1] = source[from + 1]
                        target[to + 2] = source[from + 2]
                        from += 3
                    }
                }
            }
            count = rgb.count
        }
        return Picture(pixelsWide: width, pixelsHigh: height, rgb: turned)
    }
}
