internal import Checkpointing
internal import Foundation
internal import Media
internal import Models
internal import Recipes
internal import Tensors

/// How media of one kind become features, and features become tokens.
protocol FeatureSettings: Sendable {
    /// SHA-256 of the frozen encoder's weights.
    var encoderDigest: String { get }
    /// Everything else that the features depend on, as text.
    func preprocessing(variant: Int) -> String
    /// The shape of a clip's kept features.
    var shape: [Int] { get }
    /// Tokens of one clip.
    var tokenCount: Int { get }
    /// Numbers of one token's features.
    var featureSize: Int { get }
    /// Kept features as tokens, [tokenCount, featureSize], with `ClipBoundaries` when the recipe says so.
    func tokens(_ features: StoredArray<Float>) throws -> Tensor
}

extension FeatureSettings {
    /// Numbers of a clip's kept features.
    var scalarCount: Int { shape.reduce(1, *) }
}

/// Frames, their grid, and the tokens built from them.
///
/// Kept features: [frames, rows · columns, channels].
struct VisualFeatureSettings: FeatureSettings {
    let encoderDigest: String
    /// From a decoded picture to the size that the encoder takes.
    let processor: ImageProcessor
    /// The size, and everything about it and the encoder's outputs that features depend on, as text.
    let size: ImageProcessor.Size
    let encoding: String
    /// Channels that the encoder gives.
    let featureSize: Int
    let recipe: Recipe.Visual

    private var cellCount: Int { recipe.cellCount }

    var shape: [Int] { [recipe.frameCount, cellCount, featureSize] }

    func preprocessing(variant: Int) -> String {
        "frames \(recipe.frameCount) uniform; \(encoding); "
            + "grid \(recipe.gridRows)x\(recipe.gridColumns) mean"
    }

    var tokenCount: Int { recipe.tokenCount }

    func tokens(_ features: StoredArray<Float>) throws -> Tensor {
        try check(features, shape)
        let grid = Tensor(features)
        let parts = recipe.tokens.map { builder -> Tensor in
            switch builder {
            case .frame: grid.reshaped([recipe.frameCount * cellCount, featureSize])
            case .framePooled: grid.mean(axes: [1])
            case .videoSpatial: grid.mean(axes: [0])
            case .video: grid.mean(axes: [0, 1]).reshaped([1, featureSize])
            }
        }
        let tokens = Tensor.concatenated(parts, axis: 0)
        return recipe.hasBoundaryTokens ? ClipBoundaries.marked(tokens) : tokens
    }
}

/// Segments of a sound, and the tokens built from them.
///
/// Kept features: [segments · bands, layers · channels].
struct AudioFeatureSettings: FeatureSettings {
    let encoderDigest: String
    /// Channels of all layers that are kept.
    let featureSize: Int
    /// How sounds are prepared and which outputs are taken, as text.
    let encoding: String
    let recipe: Recipe.Audio
    let augmentation: Recipe.Augmentation?
    /// Augmented variants of each sound.
    let variantCount: Int
    /// Seconds of the encoder's window.
    let windowSeconds: Double

    var segmentCount: Int { recipe.segmentCount(windowSeconds: windowSeconds) }

    var shape: [Int] { [segmentCount * recipe.bandCount, featureSize] }

    func preprocessing(variant: Int) -> String {
        var base =
            "first \(recipe.durationSeconds) s, \(encoding); \(segmentCount) segments mean"
        if recipe.bandCount > 1 { base += "; \(recipe.bandCount) bands" }
        if let stride = recipe.strideSeconds { base += "; a window every \(stride) s" }
        guard variant > 0, let augmentation else { return base }
        return base + "; variant \(variant) of \(augmentation)"
    }

    var tokenCount: Int { recipe.tokenCount(windowSeconds: windowSeconds) }

    func tokens(_ features: StoredArray<Float>) throws -> Tensor {
        try check(features, shape)
        let grid = Tensor(features).reshaped([segmentCount, recipe.bandCount, featureSize])
        let parts = recipe.tokens.map { builder -> Tensor in
            switch builder {
            case .segment: grid.reshaped([segmentCount * recipe.bandCount, featureSize])
            case .segmentPooled: grid.mean(axes: [1])
            case .clip: grid.mean(axes: [0, 1]).reshaped([1, featureSize])
            }
        }
        let tokens = Tensor.concatenated(parts, axis: 0)
        return recipe.hasBoundaryTokens ? ClipBoundaries.marked(tokens) : tokens
    }
}

private func check(_ features: StoredArray<Float>, _ shape: [Int]) throws {
    guard features.shape == shape else {
        throw TrainingError(
            .storage, subject: "feature cache",
            detail: "holds features of shape \(features.shape) where \(shape) are expected",
            hint: "remove the cache folder; the features are then computed again")
    }
}
