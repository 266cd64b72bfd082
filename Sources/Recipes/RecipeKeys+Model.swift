extension RecipeKey {
    static let model: [RecipeKey] = [
        .required("language", .text(.asset), "the language model"),
        .key(
            "weights", .choice(Recipe.Model.Weights.allCases.map(\.rawValue)), "float32",
            "how the language model's frozen weights are kept: as floats in memory, or as their "
                + "file stores them, which takes a fraction of the memory and about as long"),
        .optional(
            "preset", .choice(TokenPreset.allCases.map(\.rawValue)),
            "an open system whose layers, outputs, frames, windows and token builders hold where the "
                + "recipe leaves theirs out; null for the defaults below"),
        .optional("visual", .section(visual), "what is seen; null for a model without sight"),
        .optional("audio", .section(audio), "what is heard; null for a model without hearing"),
        .key(
            "projector", .choice(Recipe.Model.Projector.allCases.map(\.rawValue)), "linear",
            "the map from features to embeddings: linear, or mlp2x_gelu, two maps with GELU between "
                + "them"),
        .key(
            "interleave", .flag, false,
            "whether the tokens of a clip's pictures and of its sound stand together at the first of "
                + "their marks, in the order of time, both evenly spread over the clip"),
        .key(
            "visual_token", .text(.mark), "<video>",
            "the mark in a question where the picture's tokens go"),
        .key(
            "audio_token", .text(.mark), "<audio>",
            "the mark in a question where the sound's tokens go"),
        .key(
            "chat_template", .choice(Recipe.Model.ChatFormat.allCases.map(\.rawValue)), "model",
            "how conversations are written: as the model's own files say, or in a format by name"),
        .optional(
            "system_prompt", .text(.text),
            "the system message of every conversation; null for the chat template's own, "
                + "\"\" for no system turn"),
    ]

    private static let visual: [RecipeKey] = [
        .required("encoder", .text(.asset), "the frozen image encoder"),
        .optional(
            "layer", .integer(-256...256),
            "CLIP's or SigLIP's layer whose output is taken, 0 for the input of the first, -1 for the "
                + "last, -2 for the one before; null for the encoder's final output"),
        .key(
            "output", .choice(VisualOutput.allCases.map(\.rawValue)), "patches",
            "what is taken of each frame: its map of patches, or one vector of a CLIP or SigLIP "
                + "encoder: class (CLIP's class token), pooled, or embedding (CLIP's, in the space "
                + "shared with text)"),
        .key("frames", .integer(1...1_024), 8, "frames taken from a clip, evenly spaced in time"),
        .key(
            "grid", .pair(.integer(1...256)), [1, 1],
            "rows and columns of cells kept of each frame, by averaging the encoder's map"),
        .key(
            "tokens",
            .list(
                .choice(VisualTokenBuilder.allCases.map(\.rawValue)), least: 1, isUnique: true),
            ["frame"],
            "token builders, joined in this order: frame (one token a frame and cell), "
                + "frame-pooled (one a frame), video-spatial (one a cell, averaged over time), "
                + "video (one token)"),
        .key(
            "boundary_tokens", .flag, false,
            "put a clip's tokens between two with embeddings of their own, trained with the projectors"
        ),
    ]

    private static let audio: [RecipeKey] = [
        .required("encoder", .text(.asset), "the frozen audio encoder"),
        .key(
            "seconds", .number(.above(0, to: 600)), 4,
            "seconds heard of a clip; a shorter one is padded with silence"),
        .key(
            "layers", .list(.integer(0...256), least: 0, isUnique: true), [],
            "encoder layers whose outputs are concatenated, 1 for the first, 0 for their input; "
                + "[] for the encoder's final output"),
        .key(
            "output", .choice(AudioOutput.allCases.map(\.rawValue)), "states",
            "what is taken of a sound: states in time, or one vector of a CLAP encoder: pooled, or "
                + "embedding (in the space shared with text)"),
        .key(
            "segment_seconds", .number(.above(0, to: 600)), 0.5,
            "seconds averaged into one segment"),
        .key(
            "bands", .integer(1...64), 1,
            "bands of frequency kept of each segment, by averaging the encoder's grid; CLAP has 2"),
        .optional(
            "stride_seconds", .number(.above(0, to: 600)),
            "seconds from one window of a CLAP encoder to the next, each of which is encoded by itself "
                + "to one segment; null for one window"),
        .key(
            "tokens",
            .list(.choice(AudioTokenBuilder.allCases.map(\.rawValue)), least: 1, isUnique: true),
            ["segment"],
            "token builders, joined in this order: segment (one token a segment and band), "
                + "segment-pooled (one a segment), clip (one token)"
        ),
        .key(
            "boundary_tokens", .flag, false,
            "put a clip's tokens between two with embeddings of their own, trained with the projectors"
        ),
    ]
}
