extension RecipeKey {
    static let data: [RecipeKey] = [
        .required(
            "train", .list(.section(trainingFile), least: 1, isUnique: false),
            "the annotation files to learn from"),
        .key(
            "validation", .list(.section(annotationFile), least: 0, isUnique: false), [],
            "the annotation files whose loss is watched"),
        .required("batch", .section(batch), "samples a step, by modality"),
        .key(
            "exhausted", .choice(ExhaustionPolicy.allCases.map(\.rawValue)), "cycle",
            "when a modality has no samples left: stop ends the epoch; cycle shuffles the "
                + "shorter ones again until the longest has been seen once; temperature deals the "
                + "batch's samples by how many there are of each modality, and the epoch has as "
                + "many as the data"),
        .optional(
            "temperature", .number(.from(1, to: 1_000)),
            "with exhausted: temperature, a modality's share is its sample count to the power "
                + "1/temperature: 1 for its part of the data, more for shares nearer to equal"),
        .optional(
            "modality_augmentation", .section(modalityAugmentation),
            "how often audio-visual samples are shown without their sound or pictures, where their "
                + "requires say what they need and it is not that; null for never"),
        .key(
            "maximum_tokens", .integer(8...131_072), 512,
            "tokens a sample may have, media included; a longer one is an error"),
        .key(
            "on_bad_sample", .choice(BadSamplePolicy.allCases.map(\.rawValue)), "stop",
            "what a sample does that cannot be trained on, because its row is wrong, a medium is "
                + "missing or broken, it is too long, or no token of it is to be learnt: stop ends the "
                + "run; skip leaves the sample out before the first step, counted and listed in metrics "
                + "and summary"),
        .key(
            "maximum_bad_samples", .count, 100,
            "samples that may be skipped; more of them end the run"),
        .key(
            "feature_cache", .text(.path), "Checkpoints/feature-cache",
            "the folder that keeps the frozen encoders' features"),
        .optional(
            "feature_cache_gigabytes", .number(.above(0, to: 1e6)),
            "the size of that folder beyond which the least recently used features are removed; null "
                + "for no limit"),
        .key(
            "feature_type", .choice(FeatureType.allCases.map(\.rawValue)), "float16",
            "the type in which features are kept: float16 is half the size, float32 as computed"),
        .key(
            "audio_variants", .integer(0...1_000), 0,
            "augmented variants kept of each sound, one of them chosen a step; 0 for "
                + "the sound as it is"),
        .optional("augmentation", .section(augmentation), "how a sound is varied"),
    ]

    private static let annotationFile: [RecipeKey] = [
        .required("file", .text(.path), "an annotation file"),
        .optional(
            "format", .choice(annotationFormats),
            "how its rows are laid out; null to find out from the first"),
        .optional(
            "media_folder", .text(.path),
            "the folder that media paths start from; null for the file's own"),
        .optional(
            "media_name", .text(.text),
            "the name of a row's medium, fields of the row in braces and .* for whatever extension is "
                + "there, such as {youtube_id}_{start_time}.wav; null for the format's own"),
        .optional(
            "question", .text(.text),
            "what is asked where rows hold only captions; null for the format's own question"),
        .optional(
            "video_sound", .flag,
            "whether a video's own sound is heard where its row does not say; null for as the format "
                + "has it"),
    ]

    package static let annotationFormats = [
        "llava", "video-chatgpt", "videochat", "webvid", "audiocaps", "clotho", "wavcaps", "avsd",
        "music-avqa", "activitynet-qa", "msrvtt-qa", "msvd-qa",
    ]

    private static let trainingFile: [RecipeKey] =
        annotationFile + [
            .key(
                "weight", .number(.above(0, to: 1_000)), 1,
                "how often each of its samples is seen in an epoch")
        ]

    private static let batch: [RecipeKey] = [
        .key("visual", .integer(0...65_536), 0, "samples with a picture alone"),
        .key("audio", .integer(0...65_536), 0, "samples with a sound alone"),
        .key("audio_visual", .integer(0...65_536), 0, "samples with both"),
        .key(
            "per", .choice(Recipe.BatchQuotas.Unit.allCases.map(\.rawValue)), "batch",
            "what the counts are of: batch for each of the train.accumulation batches of a step; "
                + "step for all of them together, dealt out as evenly as the counts allow"),
        .key(
            "questions_per_clip", .integer(1...65_536), 1,
            "samples with the same media that come together at most, so that a batch computes what "
                + "they begin with once; 1 for samples in any order"),
        .optional(
            "tokens", .integer(8...1_048_576),
            "tokens of a batch's samples at most (with per: step, of all of a step's): it takes as many samples as fit, and the counts say "
                + "in which proportions modalities come; null for as many samples as the counts say"
        ),
    ]

    private static let modalityAugmentation: [RecipeKey] = [
        .key("muted", .number(.from(0, to: 1)), 0, "share of showings with digital silence"),
        .key("blanked", .number(.from(0, to: 1)), 0, "share of showings with black pictures"),
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
