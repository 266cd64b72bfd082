extension Recipe {
    /// Makes a recipe from values that passed every check.
    init(_ fields: RecipeFields) throws(RecipeError) {
        try self.init(
            name: fields.text("name"),
            purpose: fields.optionalText("purpose"),
            seed: UInt64(fields.integer("seed")),
            threadCount: fields.integer("threads"),
            model: Model(fields.section("model")),
            startFrom: fields.optionalText("start_from"),
            data: DataPlan(fields.section("data")),
            train: Training(fields.section("train")),
            optimizer: Optimizer(fields.section("optimizer")),
            schedule: Schedule(fields.section("schedule")),
            validation: Validation(
                everySteps: fields.section("validation").integer("every_steps"),
                sampleCount: fields.section("validation").integer("samples")),
            reliance: fields.optionalSection("reliance").map {
                (reliance) throws(RecipeError) in
                try Reliance(
                    dataFile: reliance.text("data"), sampleCount: reliance.integer("samples"),
                    everySteps: reliance.integer("every_steps"))
            },
            checkpoint: Checkpointing(
                everySteps: fields.section("checkpoint").integer("every_steps"),
                keptCount: fields.section("checkpoint").integer("keep")),
            findsAnomalies: fields.section("debug").flag("anomalies"),
            modalityNormInterval: fields.section("debug").integer("modality_norms"),
            outputFolder: fields.text("output"),
            resolvedYAML: RecipeWriter.yaml(fields.values))
    }
}

extension Recipe.Model {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        let prompt = try fields.optionalText("system_prompt")
        try self.init(
            language: fields.text("language"),
            weights: fields.choice("weights", Recipe.Model.Weights.self),
            visual: fields.optionalSection("visual").map(Recipe.Visual.init(_:)),
            audio: fields.optionalSection("audio").map(Recipe.Audio.init(_:)),
            projector: fields.choice("projector", Recipe.Model.Projector.self),
            interleaves: fields.flag("interleave"),
            visualToken: fields.text("visual_token"),
            audioToken: fields.text("audio_token"),
            chatFormat: fields.choice("chat_template", Recipe.Model.ChatFormat.self),
            systemPrompt: prompt.map { $0.isEmpty ? .none : .text($0) } ?? .templateDefault)
    }
}

extension Recipe.Visual {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        let grid = try fields.integers("grid")
        try self.init(
            encoder: fields.text("encoder"), layer: fields.optionalInteger("layer"),
            output: fields.choice("output", VisualOutput.self),
            frameCount: fields.integer("frames"),
            gridRows: grid[0], gridColumns: grid[1],
            tokens: fields.choices("tokens", VisualTokenBuilder.self),
            hasBoundaryTokens: fields.flag("boundary_tokens"))
    }
}

extension Recipe.Audio {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        try self.init(
            encoder: fields.text("encoder"), durationSeconds: fields.number("seconds"),
            layers: fields.integers("layers"),
            output: fields.choice("output", AudioOutput.self),
            segmentSeconds: fields.number("segment_seconds"),
            bandCount: fields.integer("bands"),
            strideSeconds: fields.optionalNumber("stride_seconds"),
            tokens: fields.choices("tokens", AudioTokenBuilder.self),
            hasBoundaryTokens: fields.flag("boundary_tokens"))
    }
}

extension Recipe.DataPlan {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        var train: [Recipe.TrainingFile] = []
        for file in try fields.sections("train") {
            train.append(try .init(annotations: .init(file), weight: file.number("weight")))
        }
        var validation: [Recipe.AnnotationFile] = []
        for file in try fields.sections("validation") { validation.append(try .init(file)) }
        let batch = try fields.section("batch")
        try self.init(
            train: train, validation: validation,
            batch: Recipe.BatchQuotas(
                visual: batch.integer("visual"), audio: batch.integer("audio"),
                audioVisual: batch.integer("audio_visual"),
                unit: batch.choice("per", Recipe.BatchQuotas.Unit.self),
                questionsPerClip: batch.integer("questions_per_clip"),
                tokenCount: batch.optionalInteger("tokens")),
            exhausted: fields.choice("exhausted", ExhaustionPolicy.self),
            temperature: fields.optionalNumber("temperature"),
            modalityAugmentation: fields.optionalSection("modality_augmentation").map {
                (rates) throws(RecipeError) in
                try Recipe.ModalityRates(
                    muted: rates.number("muted"), blanked: rates.number("blanked"))
            },
            maximumTokenCount: fields.integer("maximum_tokens"),
            onBadSample: fields.choice("on_bad_sample", BadSamplePolicy.self),
            maximumBadSampleCount: fields.integer("maximum_bad_samples"),
            featureCacheFolder: fields.text("feature_cache"),
            featureCacheGigabytes: fields.optionalNumber("feature_cache_gigabytes"),
            featureType: fields.choice("feature_type", FeatureType.self),
            audioVariantCount: fields.integer("audio_variants"),
            augmentation: fields.optionalSection("augmentation").map(Recipe.Augmentation.init(_:)))
    }
}

extension Recipe.AnnotationFile {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        try self.init(
            path: fields.text("file"), format: fields.optionalText("format"),
            mediaFolder: fields.optionalText("media_folder"),
            mediaName: fields.optionalText("media_name"),
            question: fields.optionalText("question"),
            hearsVideos: fields.optionalFlag("video_sound"))
    }
}

extension Recipe.Augmentation {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        try self.init(
            speed: fields.interval("speed"), gainDecibels: fields.interval("gain_decibels"),
            tiltDecibelsPerOctave: fields.interval("tilt_decibels_per_octave"),
            noiseDecibels: fields.optionalInterval("noise_decibels"),
            repeats: fields.flag("repeats"))
    }
}

extension Recipe.Training {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        let length: Recipe.Length
        if let steps = try fields.optionalInteger("steps") {
            length = .steps(steps)
        } else {
            length = .epochs(try fields.integer("epochs"))
        }
        try self.init(
            length: length,
            trainsProjectors: fields.flag("projectors"),
            lora: fields.optionalSection("lora").map(Recipe.LoRA.init(_:)),
            parameters: fields.texts("parameters"),
            accumulationCount: fields.integer("accumulation"),
            lossWeights: fields.optionalSection("loss_weights").map {
                (weights) throws(RecipeError) in
                try Recipe.LossWeights(
                    visual: weights.number("visual"), audio: weights.number("audio"),
                    audioVisual: weights.number("audio_visual"))
            },
            checkpointsGradients: fields.flag("gradient_checkpointing"))
    }
}

extension Recipe.LoRA {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        var patterns: [Pattern] = []
        for pattern in try fields.sections("patterns") { patterns.append(try Pattern(pattern)) }
        try self.init(
            rank: fields.integer("rank"), alpha: fields.number("alpha"),
            dropout: fields.number("dropout"), targets: fields.texts("targets"),
            isRankStabilised: fields.flag("rank_stabilised"),
            isWeightDecomposed: fields.flag("weight_decomposed"), patterns: patterns)
    }
}

extension Recipe.LoRA.Pattern {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        try self.init(
            match: fields.text("match"),
            rank: fields.optionalInteger("rank"),
            alpha: fields.optionalNumber("alpha"),
            dropout: fields.optionalNumber("dropout"))
    }
}

extension Recipe.Optimizer {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        let rate = try fields.number("learning_rate")
        let betas = try fields.numbers("betas")
        let clip = try fields.number("clip_norm")
        let decay = try fields.number("weight_decay")
        let projectorRate = try fields.optionalNumber("projector_learning_rate")
        let projectorDecay = try fields.optionalNumber("projector_weight_decay")
        let loraRate = try fields.optionalNumber("lora_learning_rate")
        let loraDecay = try fields.optionalNumber("lora_weight_decay")
        try self.init(
            learningRate: rate,
            projectorLearningRate: projectorRate ?? rate,
            loraLearningRate: loraRate ?? rate,
            loraPlusRatio: fields.number("lora_plus_ratio"),
            beta1: betas[0], beta2: betas[1], epsilon: fields.number("epsilon"),
            weightDecay: decay,
            projectorWeightDecay: projectorDecay ?? decay,
            loraWeightDecay: loraDecay ?? decay,
            decaysNormsAndBiases: fields.flag("decay_norms_and_biases"),
            clipNorm: clip == 0 ? nil : clip)
    }
}

extension Recipe.Schedule {
    fileprivate init(_ fields: RecipeFields) throws(RecipeError) {
        let ratio = try fields.optionalNumber("warmup_ratio")
        let steps = try fields.optionalInteger("warmup_steps")
        try self.init(
            kind: fields.choice("kind", Kind.self),
            warmup: ratio.map(Warmup.ratio) ?? .steps(steps ?? 0),
            minimumRatio: fields.number("minimum_ratio"))
    }
}
