package import Media
package import Models

extension PixelNormalization {
    /// The numbers of a processor.
    ///
    /// Throws: `ModelError` when they can't be
    package init(_ processor: ImageProcessor) throws {
        try self.init(
            scale: processor.scale, mean: processor.mean, deviation: processor.deviation)
    }
}
