internal import Checkpointing
internal import Datasets
internal import Media
internal import Models
internal import Recipes
internal import Tensors

/// From a video or picture file to the frames that the encoder takes.
struct FrameDecoder: MediaDecoder {
    let frameCount: Int
    let pictureSize: Int

    func decode(_ reference: MediaReference) throws -> DecodedMedium<FrameSequence> {
        var rgb: [UInt8] = []
        let size = pictureSize * pictureSize * 3
        rgb.reserveCapacity(frameCount * size)
        switch reference {
        case .nothing:
            rgb = [UInt8](repeating: 0, count: frameCount * size)
        case .file(let path, _):
            for picture in try VideoReader.frames(of: path, count: frameCount) {
                rgb +=
                    picture
                    .resized(shortestSide: pictureSize, filter: .bicubic)
                    .centerCropped(width: pictureSize, height: pictureSize).rgb
            }
        }
        let frames = try FrameSequence(
            frameCount: frameCount, pixelsHigh: pictureSize, pixelsWide: pictureSize, rgb: rgb)
        return DecodedMedium(clip: frames, isCut: false)
    }
}

/// From frames to the features that are kept.
struct VisualFeatureEncoder: FeatureEncoder {
    let encoder: any MediaEncoder<FrameSequence>
    let settings: VisualFeatureSettings

    var decoder: FrameDecoder {
        FrameDecoder(
            frameCount: settings.recipe.frameCount, pictureSize: settings.pictureSize)
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
