/// How open systems turn clips into tokens, as settings that hold where a recipe leaves them out.
///
/// They say nothing of encoders, projectors and training, and none of them is that of Shu et al. 2023,
/// which does not say how its tokens are built.
enum TokenPreset: String, CaseIterable {
    /// CLIP's embedding of each of 75 frames and CLAP's of each of 25 windows of 10 s, one every 4 s, in
    /// the order of time.
    ///
    /// Source: Tang et al. 2024 (arXiv:2403.16276); github.com/yunlong10/AVicuna, where a quarter of a
    /// clip's 100 tokens is sound
    case avicuna
    /// The map of the layer before CLIP L/14's last for 100 frames: its mean over each frame, then its mean
    /// over time at each of 256 places, 356 tokens.
    ///
    /// Source: Maaz et al. 2023 (arXiv:2306.05424); github.com/mbzuai-oryx/Video-ChatGPT
    case videoChatGPT = "video-chatgpt"
    /// The map of the layer before CLIP L/14-336's last for one picture, 576 tokens.
    ///
    /// Source: Liu et al. 2023 (arXiv:2310.03744); github.com/haotian-liu/LLaVA, scripts/v1_5
    case llava = "llava-1.5"

    private var settings: String {
        switch self {
        case .avicuna:
            """
            interleave: true
            visual: {output: embedding, frames: 75, grid: [1, 1], tokens: [frame]}
            audio: {output: embedding, seconds: 106, stride_seconds: 4, tokens: [segment]}
            """
        case .videoChatGPT:
            """
            visual:
              layer: -2
              output: patches
              frames: 100
              grid: [16, 16]
              tokens: [frame-pooled, video-spatial]
            """
        case .llava:
            "visual: {layer: -2, output: patches, frames: 1, grid: [24, 24], tokens: [frame]}"
        }
    }

    /// Takes a preset's settings into a recipe that names one; a name that is none is left to the reader.
    static func complete(_ root: inout DocumentNode) throws(RecipeError) {
        guard case .scalar(let name, _)? = root["model"]?["preset"]?.content,
            let preset = TokenPreset(rawValue: name)
        else { return }
        var problems: [RecipeProblem] = []
        let settings = try DocumentParser.parse(preset.settings, problems: &problems) { _, _ in
            "preset \(name)"
        }
        root.complete(
            from: DocumentNode(
                content: .mapping([
                    DocumentNode.Entry(key: "model", position: settings.position, value: settings)
                ]), position: settings.position))
    }
}
