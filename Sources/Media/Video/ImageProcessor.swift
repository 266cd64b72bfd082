/// From a decoded picture to the size and the numbers that an image encoder takes, as Hugging Face's
/// processors do it with Pillow.
public struct ImageProcessor: Sendable, Hashable {
    /// A size in pixels.
    public struct Size: Sendable, Hashable {
        /// Pixels from left to right.
        public let width: Int
        /// Pixels from top to bottom.
        public let height: Int

        /// Takes a width and a height.
        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// How a picture is resized.
    public enum Resizing: Sendable, Hashable {
        /// The shorter side to a length, the longer one in proportion.
        case shortestSide(Int)
        /// To a size, whatever the proportions.
        case exact(Size)
        /// Not at all.
        case none
    }

    /// How a picture is resized.
    public var resizing: Resizing
    /// How neighbouring pixels are weighed then.
    public var filter: Picture.ResizeFilter
    /// The middle that is kept; nil for all.
    public var crop: Size?
    /// What a byte is multiplied by.
    public var scale: Double
    /// What is subtracted, of red, green and blue.
    public var mean: [Double]
    /// What is divided by.
    public var deviation: [Double]

    /// Takes all settings.
    public init(
        resizing: Resizing, filter: Picture.ResizeFilter = .bicubic, crop: Size?,
        scale: Double = 1 / 255, mean: [Double], deviation: [Double]
    ) {
        self.resizing = resizing
        self.filter = filter
        self.crop = crop
        self.scale = scale
        self.mean = mean
        self.deviation = deviation
    }

    /// CLIP's: shortest side, centre, and the statistics of its own training pictures.
    ///
    /// Source: transformers' OPENAI_CLIP_MEAN and OPENAI_CLIP_STD
    public static func clip(side: Int = 224) -> ImageProcessor {
        ImageProcessor(
            resizing: .shortestSide(side), crop: Size(width: side, height: side),
            mean: [0.48145466, 0.4578275, 0.40821073],
            deviation: [0.26862954, 0.26130258, 0.27577711])
    }

    /// SigLIP's: the whole picture in a square, levels to ±1.
    ///
    /// Source: transformers' SiglipImageProcessor
    public static func sigLIP(side: Int = 224) -> ImageProcessor {
        ImageProcessor(
            resizing: .exact(Size(width: side, height: side)), crop: nil,
            mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    }

    /// The picture at its new size, before it is cropped.
    public func resized(_ picture: Picture) -> Picture {
        switch resizing {
        case .shortestSide(let side): picture.resized(shortestSide: side, filter: filter)
        case .exact(let size):
            picture.resized(width: size.width, height: size.height, filter: filter)
        case .none: picture
        }
    }

    /// The picture resized and cropped.
    ///
    /// Throws: `MediaError` when it is smaller than the crop
    public func prepared(_ picture: Picture) throws(MediaError) -> Picture {
        let resized = resized(picture)
        guard let crop else { return resized }
        guard crop.width <= resized.pixelsWide, crop.height <= resized.pixelsHigh else {
            throw MediaError(
                .outOfRange, "picture",
                "\(resized.pixelsWide) × \(resized.pixelsHigh) pixels to crop to "
                    + "\(crop.width) × \(crop.height)",
                hint: "let the processor resize to at least the size of the crop")
        }
        return resized.centerCropped(width: crop.width, height: crop.height)
    }

    /// The size of every prepared picture; nil when it depends on the picture.
    public var preparedSize: Size? {
        if let crop { return crop }
        if case .exact(let size) = resizing { return size }
        return nil
    }

    /// All settings as text, for keys of what is computed from prepared pictures.
    public var summary: String { "\(geometry); \(levels)" }

    /// What becomes of a byte, as text.
    public var levels: String { "(x * \(scale) - \(mean)) / \(deviation)" }

    /// What becomes of a picture's size, as text.
    public var geometry: String {
        let size =
            switch resizing {
            case .shortestSide(let side): "shortest side \(side)"
            case .exact(let size): "\(size.width)x\(size.height)"
            case .none: "as it is"
            }
        let middle = crop.map { ", centre \($0.width)x\($0.height)" } ?? ""
        return "\(size) \(filter)\(middle)"
    }
}
