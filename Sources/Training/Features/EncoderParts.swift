internal import Foundation
internal import Layers
internal import Media
internal import Models
internal import Recipes

/// The frozen encoders that a recipe names, each by what its file or folder is.
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
        switch try EncoderFamily.of(path) {
        case .visionTransformer: return try visionTransformer(path, recipe, assets)
        case .clap, .whisper: throw request("model.visual.encoder", "\(path) hears, but can't see")
        case .efficientNetLite, nil: return try efficientNet(path, recipe, assets)
        }
    }

    private static func efficientNet(
        _ path: String, _ recipe: Recipe.Visual, _ assets: Assets
    ) throws -> VisualFeatureEncoder {
        guard recipe.layer == nil, recipe.output == .patches else {
            throw request(
                "model.visual",
                "EfficientNet-Lite gives its last map only; expected no layer, output: patches")
        }
        let file = try EfficientNetLiteFile(path: path)
        let encoder = try Blueprint(source: file.weights).assemble {
            try EfficientNetLite(file.configuration, at: $0)
        }.model
        let side = file.configuration.pixelSide
        return VisualFeatureEncoder(
            encoder: encoder,
            settings: VisualFeatureSettings(
                encoderDigest: try assets.digest(of: path), processor: .clip(side: side),
                size: .init(width: side, height: side),
                encoding: "shortest side \(side) bicubic, centre crop",
                featureSize: encoder.featureSize, recipe: recipe))
    }

    private static func visionTransformer(
        _ path: String, _ recipe: Recipe.Visual, _ assets: Assets
    ) throws -> VisualFeatureEncoder {
        let file = try VisionTransformerFile(path: path)
        let (data, subject) = try Preprocessor.configuration(in: path, part: "image_processor")
        let processor = try ImageProcessor(huggingFaceJSON: data, subject: subject)
        let side = file.configuration.pictureSide
        let size = ImageProcessor.Size(width: side, height: side)
        guard processor.preparedSize == size else {
            throw TrainingError(
                .asset, subject: subject,
                detail: "prepares pictures of another size than the encoder's \(side) × \(side)",
                hint: "use the file that belongs to the weights")
        }
        let output: VisionFeatures.Output =
            switch recipe.output {
            case .patches: .patches
            case .classToken: .classToken
            case .pooled: .pooled
            case .embedding: .embedding
            }
        let features = VisionFeatures(layer: recipe.layer, output: output)
        let encoder = try Blueprint(source: file.weights).assemble {
            try VisionTransformer(
                file.configuration, features: features,
                normalization: PixelNormalization(processor), hasProjection: file.hasProjection,
                at: $0)
        }.model
        let layer = recipe.layer.map { "layer \($0)" } ?? "final"
        return VisualFeatureEncoder(
            encoder: encoder,
            settings: VisualFeatureSettings(
                encoderDigest: try assets.digest(of: path), processor: processor, size: size,
                encoding: "\(processor.summary); \(layer) \(output.rawValue)",
                featureSize: encoder.featureSize, recipe: recipe))
    }

    private static func audio(
        _ recipe: Recipe.Audio, _ data: Recipe.DataPlan, _ assets: Assets
    ) throws -> AudioFeatureEncoder {
        let path = try assets.path(of: recipe.encoder)
        let parts: (encoder: any MediaEncoder<SpectrogramViews>, end: SoundFrontEnd, text: String)
        switch try EncoderFamily.of(path) {
        case .clap: parts = try clap(path, recipe)
        case .visionTransformer, .efficientNetLite:
            throw request("model.audio.encoder", "\(path) sees, but can't hear")
        case .whisper, nil: parts = try whisper(path, recipe)
        }
        return AudioFeatureEncoder(
            encoder: parts.encoder,
            settings: AudioFeatureSettings(
                encoderDigest: try assets.digest(of: path),
                featureSize: parts.encoder.featureSize, encoding: parts.text, recipe: recipe,
                augmentation: data.augmentation, variantCount: data.audioVariantCount,
                windowSeconds: parts.end.windowSeconds),
            frontEnd: parts.end)
    }

    private static func whisper(
        _ path: String, _ recipe: Recipe.Audio
    ) throws -> (any MediaEncoder<SpectrogramViews>, SoundFrontEnd, String) {
        guard recipe.output == .states else {
            throw request("model.audio.output", "Whisper gives states only")
        }
        guard recipe.bandCount == 1 else {
            throw request("model.audio.bands", "Whisper's states have no bands; expected 1")
        }
        let file = try WhisperEncoderFile(path: path)
        let layers = recipe.layers.isEmpty ? [file.configuration.layerCount] : recipe.layers
        let encoder = try Blueprint(source: file.weights).assemble {
            try WhisperEncoder(file.configuration, featureLayers: layers, at: $0)
        }.model
        let spectrogram = try LogMelSpectrogram(
            .whisper(bandCount: file.configuration.bandCount, seconds: recipe.durationSeconds))
        let names = recipe.layers.map(String.init).joined(separator: ",")
        return (
            WholeSounds(encoder: encoder), .whisper(spectrogram),
            "zeros after; layers [\(names)]"
        )
    }

    private static func clap(
        _ path: String, _ recipe: Recipe.Audio
    ) throws -> (any MediaEncoder<SpectrogramViews>, SoundFrontEnd, String) {
        guard recipe.layers.isEmpty else {
            throw request("model.audio.layers", "CLAP gives its last stage only; expected []")
        }
        let file = try ClapEncoderFile(path: path)
        let (data, subject) = try Preprocessor.configuration(in: path, part: "feature_extractor")
        let spectrograms = try ClapSpectrograms(huggingFaceJSON: data, subject: subject)
        let output: ClapEncoder.Output =
            switch recipe.output {
            case .states: .grid
            case .pooled: .pooled
            case .embedding: .embedding
            }
        let encoder = try Blueprint(source: file.weights).assemble {
            try ClapEncoder(
                file.configuration, output: output, hasProjection: file.hasProjection, at: $0)
        }.model
        return (
            encoder, .clap(spectrograms),
            "\(spectrograms.summary); CLAP \(output.rawValue)"
        )
    }

    private static func request(_ key: String, _ detail: String) -> TrainingError {
        TrainingError(
            .request, subject: key, detail: detail,
            hint: "change the recipe, or name another encoder")
    }
}

/// An encoder of single spectrograms behind the type that carries crops, too.
private struct WholeSounds: MediaEncoder {
    let encoder: WhisperEncoder

    var featureSize: Int { encoder.featureSize }

    func encode(_ inputs: [SpectrogramViews]) throws -> [FeatureGrid] {
        try encoder.encode(inputs.map(\.whole))
    }
}
