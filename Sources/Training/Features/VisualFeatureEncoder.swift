internal import Checkpointing
internal import Datasets
internal import Kernels
internal import Media
internal import Models
internal import Recipes
internal import Tensors

/// From a video or picture file to the frames that the encoder takes.
struct FrameDecoder: MediaDecoder {
    let frameCount: Int
    let processor: ImageProcessor
    let size: ImageProcessor.Size

    func decode(_ reference: MediaReference) throws -> DecodedClip<FrameSequence> {
        var rgb: [UInt8] = []
        let byteCount = frameCount * size.width * size.height * 3
        rgb.reserveCapacity(byteCount)
        switch reference {
        case .nothing:
            rgb = [UInt8](repeating: 0, count: byteCount)
        case .file(let path, _):
            let pictures = try VideoReader.frames(
                of: path, count: frameCount, threadCount: Parallel.threadCount)
            for picture in pictures {
                rgb += try processor.prepared(picture).rgb
            }
        }
        let frames = try FrameSequence(
            frameCount: frameCount, pixelsHigh: size.height, pixelsWide: size.width, rgb: rgb)
        return DecodedClip(clip: frames, isCut: false)
    }
}

/// From frames to the features that are kept.
///
/// Safety: the encoder's parameters are frozen and were read before the value was made; nobody writes them.
struct VisualFeatureEncoder: FeatureEncoder, @unchecked Sendable {
    let encoder: any MediaEncoder<FrameSequence>
    let settings: VisualFeatureSettings

    var decoder: FrameDecoder {
        FrameDecoder(
            frameCount: settings.recipe.frameCount, processor: settings.processor,
            size: settings.size)
    }

    func encode(_ clip: FrameSequence) throws -> StoredArray<Float> {
        let cells = try encoder.encode([clip])[0].averaged(
            rowCount: settings.recipe.gridRows, columnCount: settings.recipe.gridColumns)
        return StoredArray(
            cells.values.reshaped([
                cells.timeCount, cells.rowCount * cells.columnCount, cells.featureSize,
            ]))
    }
}
