extension RecipeKey {
    static let data: [RecipeKey] = [
        .required(
            "train", .list(.section(trainingFile), least: 1, isUnique: false),
            "the annotation files to learn from"),
        .key(
            "validation", .list(.section(validationFile), least: 0, isUnique: false), [],
            "the annotation files whose loss is watched"),
        .required("batch", .section(batch), "samples a step, by modality"),
        .key(
            "exhausted", .choice(ExhaustionPolicy.allCases.map(\.rawValue)), "cycle",
            "when a modality has no samples left: stop ends the epoch; cycle shuffles the "
                + "shorter ones again until the longest has been seen once"),
        .key(
            "maximum_tokens", .integer(8...131_072), 512,
            "tokens a sample may have, media included; a longer one is an error"),
        .key(
            "feature_cache", .text(.path), "Checkpoints/feature-cache",
            "the folder that keeps the frozen encoders' features"),
        .key(
            "audio_variants", .integer(0...1_000), 0,
            "augmented variants kept of each sound, one of them chosen a sample and epoch; 0 for "
                + "the sound as it is"),
        .optional("augmentation", .section(augmentation), "how a sound is varied"),
    ]

    private static let trainingFile: [RecipeKey] = [
        .required("file", .text(.path), "a LLaVA-style annotation file"),
        .key(
            "weight", .number(.above(0, to: 1_000)), 1,
            "how often each of its samples is seen in an epoch"),
    ]

    private static let validationFile: [RecipeKey] = [
        .required("file", .text(.path), "a LLaVA-style annotation file")
    ]

    private static let batch: [RecipeKey] = [
        .key("visual", .integer(0...65_536), 0, "samples with a picture alone"),
        .key("audio", .integer(0...65_536), 0, "samples with a sound alone"),
        .key("audio_visual", .integer(0...65_536), 0, "samples with both"),
    ]

    private static let augmentation: [RecipeKey] = [
        .key(
            "speed", .interval(.from(0.25, to: 4)), [1, 1],
            "factor of speed and pitch together"),
        .key("gain_decibels", .interval(.from(-60, to: 60)), [0, 0], "change of loudness"),
        .key(
            "tilt_decibels_per_octave", .interval(.from(-12, to: 12)), [0, 0],
            "slope added to the spectrum, above 0 for brighter"),
        .optional(
            "noise_decibels", .interval(.from(-120, to: 0)),
            "level of added white noise, root mean square against full scale; null for none"),
        .key("repeats", .flag, false, "whether a sound shorter than the clip may be heard again"),
    ]
}
