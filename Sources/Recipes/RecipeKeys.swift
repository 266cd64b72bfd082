extension RecipeKey {
    /// Every key of a recipe.
    package static let all: [RecipeKey] = [
        RecipeKey(
            "name", .text(.folderName), .follows("the file's name without its extension"),
            "the run's name"),
        .optional("purpose", .text(.text), "what the run is for, in a sentence"),
        .key(
            "seed", .integer(0...Int.max), 0,
            "decides initial weights, data order, dropout and augmentation"),
        .key("threads", .integer(0...1_024), 0, "threads to compute with; 0 for every core"),
        .required("model", .section(model), "the parts the model is made of"),
        .optional(
            "start_from", .text(.path),
            "a checkpoint or run folder whose projectors and adapters are taken over"),
        .required("data", .section(data), "what is learned from"),
        .required("train", .section(train), "what is trained, and for how long"),
        RecipeKey("optimizer", .section(optimizer), .takesDefaults, "AdamW"),
        RecipeKey(
            "schedule", .section(schedule), .takesDefaults, "the learning rate over the steps"),
        RecipeKey(
            "validation", .section(validation), .takesDefaults, "when validation loss is taken"),
        .optional(
            "reliance", .section(reliance),
            "how much the loss depends on what is heard and seen, watched; null for never"),
        RecipeKey("checkpoint", .section(checkpoint), .takesDefaults, "when the run is saved"),
        RecipeKey("debug", .section(debug), .takesDefaults, "help in finding faults"),
        RecipeKey(
            "output", .text(.path), .follows("Checkpoints/ and the run's name"),
            "the run's folder"),
    ]

    private static let train: [RecipeKey] = [
        .optional("steps", .positiveCount, "optimizer steps; give either these or epochs"),
        .optional("epochs", .integer(1...100_000), "passes over the data"),
        .key("projectors", .flag, true, "whether the projectors are trained"),
        .optional(
            "lora", .section(lora), "low-rank adapters in the language model; null for none"),
        .key(
            "parameters", .list(.text(.mark), least: 0, isUnique: true), [],
            "the language model's parameters that are trained as a whole, by their paths or the "
                + "paths' beginnings up to a dot, * for any run of characters: [\"*norm\"] for the "
                + "norms, [\"*\"] for everything (full fine-tuning)"),
        .key(
            "accumulation", .integer(1...65_536), 1,
            "batches whose gradients make one step, weighted by supervised tokens"),
        .optional(
            "loss_weights", .section(lossWeights),
            "how much a supervised token counts, by its sample's modality; null for all the same"),
        .key(
            "gradient_checkpointing", .flag, false,
            "keep only each layer's input and run the layer again on the way back: the same bits in "
                + "less memory, for about a third more time"),
    ]

    private static let lossWeights: [RecipeKey] = [
        .key("visual", lossWeight, 1, "weight of samples with a picture alone"),
        .key("audio", lossWeight, 1, "weight of samples with a sound alone"),
        .key("audio_visual", lossWeight, 1, "weight of samples with both"),
    ]

    private static let lossWeight = Kind.number(.above(0, to: 1_000))

    private static let lora: [RecipeKey] = [
        .key("rank", .integer(1...4_096), 8, "rank of the adapters"),
        .key(
            "alpha", .number(.above(0, to: 1e6)), 16,
            "an adapter is scaled by alpha over its rank"),
        .key("dropout", .number(.from(0, below: 1)), 0, "dropout before the adapters"),
        .key(
            "targets", .list(.choice(loraTargets), least: 1, isUnique: true),
            .list(loraTargets.map(RecipeValue.text)), "the linear layers that get one"),
        .key(
            "rank_stabilised", .flag, false,
            "scale by alpha over the square root of the rank instead (rsLoRA)"),
        .key(
            "weight_decomposed", .flag, false,
            "train the length of each row of the adapted weights as well (DoRA)"),
        .key(
            "patterns", .list(.section(loraPattern), least: 0, isUnique: false), [],
            "exceptions by path; of each setting the first match that gives it counts"),
    ]

    private static let loraTargets = [
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    ]

    private static let loraPattern: [RecipeKey] = [
        .required("match", .text(.pattern), "searched in the layer's path"),
        .optional("rank", .integer(1...4_096), "rank there; null as elsewhere"),
        .optional("alpha", .number(.above(0, to: 1e6)), "alpha there; null as elsewhere"),
        .optional("dropout", .number(.from(0, below: 1)), "dropout there; null as elsewhere"),
    ]

    private static let optimizer: [RecipeKey] = [
        .key("learning_rate", .number(.above(0, to: 10)), 2e-4, "peak learning rate"),
        .optional(
            "projector_learning_rate", .number(.above(0, to: 10)),
            "the projectors' own; null for the same"),
        .optional(
            "lora_learning_rate", .number(.above(0, to: 10)),
            "the adapters' own; null for the same"),
        .key(
            "lora_plus_ratio", .number(.above(0, to: 10_000)), 1,
            "learning rate of the adapters' B, and of every vector outside the projectors, as a "
                + "multiple of that of A (LoRA+)"),
        .key(
            "betas", .pair(.number(.from(0, below: 1))), [0.9, 0.999],
            "decay of the first and second moment"),
        .key("epsilon", .number(.above(0, to: 1)), 1e-8, "added to the denominator"),
        .key("weight_decay", .number(.from(0, to: 10)), 0, "decoupled decay"),
        .optional(
            "projector_weight_decay", .number(.from(0, to: 10)),
            "the projectors' own; null for the same"),
        .optional(
            "lora_weight_decay", .number(.from(0, to: 10)), "the adapters' own; null for the same"),
        .key(
            "decay_norms_and_biases", .flag, false,
            "whether norms' gains and all biases decay like matrices"),
        .key(
            "clip_norm", .number(.from(0, to: 1e9)), 1,
            "greatest norm of all gradients together; 0 for no clipping"),
    ]

    private static let schedule: [RecipeKey] = [
        .key(
            "kind", .choice(Recipe.Schedule.Kind.allCases.map(\.rawValue)), "cosine",
            "the way down after warm-up"),
        .optional("warmup_steps", .count, "steps of warm-up; give either these or the ratio"),
        .optional("warmup_ratio", .number(.from(0, to: 1)), "warm-up as a part of all steps"),
        .key(
            "minimum_ratio", .number(.from(0, to: 1)), 0,
            "the last learning rate as a part of the peak"),
    ]

    private static let validation: [RecipeKey] = [
        .key("every_steps", .count, 0, "steps between validations; 0 for only at the end"),
        .key(
            "samples", .count, 256, "samples of each modality, always the same ones; 0 for all"),
    ]

    private static let reliance: [RecipeKey] = [
        .required("data", .text(.path), "a LLaVA-style annotation file that is not trained on"),
        .key(
            "samples", .positiveCount, 64,
            "audio-visual samples scored, always the same ones, evenly spread over the file"),
        .key(
            "every_steps", .count, 0,
            "steps between scorings as is, muted, blanked and with sounds swapped; 0 for only at "
                + "the end"),
    ]

    private static let debug: [RecipeKey] = [
        .key(
            "anomalies", .flag, false,
            "look at every operation's result in every step, and stop at the first that is NaN or "
                + "infinite, even where the loss would not show it; steps take longer"),
        .key(
            "modality_norms", .count, 0,
            "steps between measurements of what each modality gives to the gradient, as its norm in "
                + "metrics.jsonl; each of them computes a step once more for each modality; 0 for "
                + "never"),
    ]

    private static let checkpoint: [RecipeKey] = [
        .key("every_steps", .count, 200, "steps between checkpoints; 0 for only at the end"),
        .key("keep", .integer(1...1_000), 2, "latest checkpoints kept; the best is kept besides"),
    ]
}
