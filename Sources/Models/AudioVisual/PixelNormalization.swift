/// How bytes of a picture become the numbers that an image encoder takes.
///
/// Formula: y = (scale · x − mean) / deviation, channel by channel, computed in Double
public struct PixelNormalization: Sendable, Hashable {
    /// What a byte is multiplied by, usually 1 / 255.
    public let scale: Double
    /// What is subtracted, of red, green and blue.
    public let mean: [Double]
    /// What is divided by, of red, green and blue.
    public let deviation: [Double]

    /// Takes the numbers of a preprocessor's configuration.
    ///
    /// Throws: `ModelError` when there aren't three of each, or one can't be divided by
    public init(scale: Double, mean: [Double], deviation: [Double]) throws {
        guard mean.count == 3, deviation.count == 3, deviation.allSatisfy({ $0 > 0 }),
            ([scale] + mean + deviation).allSatisfy(\.isFinite)
        else {
            throw ModelError(
                .configuration, subject: "pixel normalisation",
                detail: "scale \(scale), mean \(mean), deviation \(deviation); expected three "
                    + "finite numbers each, deviations above 0",
                hint: "check preprocessor_config.json")
        }
        self.scale = scale
        self.mean = mean
        self.deviation = deviation
    }

    /// The number of each level of each channel: [3, 256], flat.
    package var table: [Float] {
        (0..<3).flatMap { channel in
            (0..<256).map { level -> Float in
                Float((Double(level) * scale - mean[channel]) / deviation[channel])
            }
        }
    }

    /// The numbers of a picture's bytes.
    ///
    /// Shapes: [pixels, 3] → [pixels, 3], flat
    package func values(of rgb: [UInt8]) -> [Float] {
        let table = table
        return rgb.enumerated().map { index, byte in table[index % 3 * 256 + Int(byte)] }
    }
}
