internal import Layers
internal import Media
internal import Models
internal import Recipes

/// The frozen encoders that a recipe names.
struct EncoderParts {
    let visual: VisualFeatureEncoder?
    let audio: AudioFeatureEncoder?

    init(recipe: Recipe, assets: Assets) throws {
        visual = try recipe.model.visual.map { try Self.visual($0, assets) }
        audio = try recipe.model.audio.map { try Self.audio($0, recipe.data, assets) }
    }

    private static func visual(
        _ recipe: Recipe.Visual, _ assets: Assets
    ) throws -> VisualFeatureEncoder {
        let path = try assets.path(of: recipe.encoder)
        let file = try EfficientNetLiteFile(path: path)
        let encoder = try Blueprint(source: file.weights).assemble {
            try EfficientNetLite(file.configuration, at: $0)
        }.model
        return VisualFeatureEncoder(
            encoder: encoder,
            settings: VisualFeatureSettings(
                encoderDigest: try assets.digest(of: path),
                pictureSize: file.configuration.pixelSide,
                featureSize: encoder.featureSize, recipe: recipe))
    }

    private static func audio(
        _ recipe: Recipe.Audio, _ data: Recipe.DataPlan, _ assets: Assets
    ) throws -> AudioFeatureEncoder {
        let path = try assets.path(of: recipe.encoder)
        let file = try WhisperEncoderFile(path: path)
        let layers =
            recipe.layers.isEmpty ? [file.configuration.layerCount] : recipe.layers
        let blueprint = Blueprint(source: file.weights)
        let encoder = try blueprint.assemble {
            try WhisperEncoder(file.configuration, featureLayers: layers, at: $0)
        }.model
        return AudioFeatureEncoder(
            encoder: encoder,
            settings: AudioFeatureSettings(
                encoderDigest: try assets.digest(of: path), featureSize: encoder.featureSize,
                recipe: recipe, augmentation: data.augmentation,
                variantCount: data.audioVariantCount),
            spectrogram: try LogMelSpectrogram(
                .whisper(
                    bandCount: file.configuration.bandCount, seconds: recipe.durationSeconds)))
    }
}
