internal import Checkpointing
public import Datasets
internal import Media
internal import Recipes

extension FeatureReader {
    /// How media of a kind become tokens, in terms that another program can follow; nil when the model
    /// has no encoder of that kind. Values are texts, numbers, and arrays and dictionaries of them.
    public func description(of kind: MediaKind) -> [String: Any]? {
        switch kind {
        case .visual: visual.map { described(Self.description($0)) }
        case .audio: audio.map { described(Self.description($0)) }
        }
    }

    private func described(_ settings: [String: Any]) -> [String: Any] {
        settings.merging(["kept_as": cache.storage.rawValue]) { first, _ in first }
    }

    private static func common(_ settings: any FeatureSettings) -> [String: Any] {
        [
            "encoder_sha256": settings.encoderDigest,
            "preprocessing": settings.preprocessing(variant: 0),
            "tokens_per_clip": settings.tokenCount, "feature_size": settings.featureSize,
        ]
    }

    private static func description(_ settings: VisualFeatureSettings) -> [String: Any] {
        let recipe = settings.recipe
        let grid = "\(recipe.gridRows) x \(recipe.gridColumns)"
        return common(settings).merging(
            [
                "encoder": recipe.encoder, "frames": recipe.frameCount,
                "frame_times": "t_i = start + (i + 1/2) * duration / frames, the picture on screen "
                    + "then; a still picture is taken for every frame",
                "picture": "upright, transparency on white; resized as Pillow does: "
                    + settings.processor.geometry,
                "picture_size": settings.size.width,
                "layer": recipe.layer.map(String.init) ?? "final", "output": recipe.output.rawValue,
                "grid": [recipe.gridRows, recipe.gridColumns],
                "grid_rule": "the encoder's map averaged to \(grid) cells, row by row, as "
                    + "torch.nn.AdaptiveAvgPool2d does",
                "builders": recipe.tokens.map(\.rawValue),
                "builder_rules": [
                    "frame": "a token a frame and cell, frame by frame",
                    "frame-pooled": "a token a frame, the mean of its cells",
                    "video-spatial": "a token a cell, the mean over the frames",
                    "video": "one token, the mean of everything",
                ],
            ], uniquingKeysWith: { first, _ in first })
    }

    private static func description(_ settings: AudioFeatureSettings) -> [String: Any] {
        let recipe = settings.recipe
        return common(settings).merging(
            [
                "encoder": recipe.encoder, "seconds": recipe.durationSeconds,
                "segment_seconds": recipe.segmentSeconds, "segments": settings.segmentCount,
                "bands": recipe.bandCount,
                "windows": recipe.strideSeconds.map {
                    "one every \($0) s, each one segment, zeros behind the sound's end"
                } ?? "one",
                "sound": "mixed to one channel and resampled to the encoder's rate; the first "
                    + "\(recipe.durationSeconds) s, \(settings.encoding)",
                "layers": recipe.layers, "output": recipe.output.rawValue,
                "layer_rule": "outputs of these layers side by side, 1 for the first layer; none "
                    + "named: the encoder's final output",
                "segment_rule":
                    "the encoder's frames averaged to \(settings.segmentCount) segments, "
                    + "as torch.nn.AdaptiveAvgPool1d does",
                "builders": recipe.tokens.map(\.rawValue),
                "builder_rules": [
                    "segment": "a token a segment and band, segment by segment",
                    "segment-pooled": "a token a segment, the mean of its bands",
                    "clip": "one token, the mean of everything",
                ],
            ], uniquingKeysWith: { first, _ in first })
    }
}
