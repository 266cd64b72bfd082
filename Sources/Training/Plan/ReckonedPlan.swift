internal import Datasets
internal import Foundation
internal import Kernels
internal import Layers
internal import Models
internal import Optimization
internal import Recipes
internal import Tensors

/// The plan of a recipe whose weights are not here: from its data and the sizes of its parts.
///
/// Formula: with x₁ and x₄ the time or memory of models with one and with four layers, a model with n
/// layers has x₁ + (n − 1)(x₄ − x₁) / 3
struct ReckonedPlan {
    let recipe: Recipe
    let assets: Assets
    /// The parts that are not here.
    let missing: [String]
    let progress: (String) -> Void

    /// What a model with few layers needs for the schedule's batches.
    private struct Trial {
        let seconds: RunPlan.Seconds
        let peakMemory: Double
        let trainedCounts: [String: Int]
    }

    func plan() throws -> RunPlan {
        let configuration = try ModelSizes.language(recipe.model.language, assets)
        let samples = try TrainingSamples(recipe, tags: try MediaTags(recipe.model))
        let features =
            missing == [recipe.model.language]
            ? try FeatureStore(try EncoderParts(recipe: recipe, assets: assets), recipe.data) : nil
        let media =
            features?.reader.tokenCounts
            ?? MediaTokenCounts(
                visual: recipe.model.visual?.tokenCount ?? 0,
                audio: recipe.model.audio?.tokenCount(windowSeconds: Self.windowSeconds) ?? 0)
        let prompt = recipe.model.systemPrompt.text
        func shape(_ sample: Sample) -> SampleShape {
            sample.reckonedShape(media: media, systemPrompt: prompt)
        }
        let census = SampleCensus(
            samples.training, maximumTokenCount: recipe.data.maximumTokenCount, shape: shape)
        let order = try TrainingOrder(recipe, samples.training) { shape($0).tokenCount }
        let shapes = ScheduledShapes(order) { BatchShape(samples: census.shapes(of: $0)) }
        let work = PlannedWork(recipe, shapes, samples, shape: shape)
        progress("make steps with one layer")
        let one = try trial(configuration, layerCount: 1, work)
        progress("make steps with \(Self.layerCount) layers")
        let some = try trial(configuration, layerCount: Self.layerCount, work)
        func extrapolated(_ first: Double, _ second: Double) -> Double {
            let further = Double(configuration.layerCount - 1) / Double(Self.layerCount - 1)
            return first + further * max(0, second - first)
        }
        let trainedCounts = some.trainedCounts.reduce(into: [String: Int]()) {
            let first = one.trainedCounts[$1.key, default: 0]
            $0[$1.key] = Int(extrapolated(Double(first), Double($1.value)))
        }
        let operations = operations(configuration, trainedCounts)
        var seconds = RunPlan.Seconds()
        seconds.steps = extrapolated(one.seconds.steps, some.seconds.steps)
        seconds.modalityNorms = extrapolated(
            one.seconds.modalityNorms, some.seconds.modalityNorms)
        seconds.validation = extrapolated(one.seconds.validation, some.seconds.validation)
        seconds.reliance = extrapolated(one.seconds.reliance, some.seconds.reliance)
        let schedule = MediaSchedule(order, samples, variant: variant(features?.reader))
        let encoders = try encoders(
            try schedule.all(measuring: try recipe.newProjectorKinds()), features,
            operationsPerSecond: shapes.total(operations.step) / seconds.steps)
        seconds.encoding = encoders.costs.values.reduce(0) { $0 + $1.seconds }
        return RunPlan(
            recipe, missing: missing, samples, census, order, shapes,
            model: RunPlan.Model(
                trainedCounts: trainedCounts,
                frozenCount: configuration.parameterShapes.reduce(0) {
                    $0 + $1.shape.reduce(1, *)
                },
                peakMemoryByteCount: Int(
                    extrapolated(one.peakMemory, some.peakMemory) + fileByteCount(configuration)
                        + encoders.byteCount),
                operations: operations),
            encodings: encoders.costs, seconds: seconds)
    }

    private func operations(
        _ sizes: LanguageModelConfiguration, _ trainedCounts: [String: Int]
    ) -> TrainingOperations {
        TrainingOperations(
            sizes,
            adapterScalarCount: trainedCounts[ParameterGroups.Part.adapters.rawValue] ?? 0,
            recomputing: recipe.train.checkpointsGradients)
    }

    private func trial(
        _ configuration: LanguageModelConfiguration, layerCount: Int, _ work: PlannedWork
    ) throws -> Trial {
        var sizes = configuration
        sizes.layerCount = layerCount
        // Patterns by path may mean layers that so small a model does not have.
        let plain = try Recipe(
            yaml: recipe.resolvedYAML, file: recipe.name,
            settings: recipe.train.lora == nil ? [] : ["train.lora.patterns=[]"])
        let assembly = try Blueprint(
            source: BlankWeights(sizes), plan: try TrainingPlan(plain),
            fresh: ["model.mm_projector*", "*lora_*"], seed: recipe.seed
        ).assemble { scope in
            try AudioVisualModel(
                sizes, visualFeatureSize: recipe.model.visual.map { _ in Self.featureSize },
                audioFeatureSize: recipe.model.audio.map { _ in Self.featureSize },
                projector: ProjectorKind(recipe.model.projector),
                visualHasBoundaryTokens: recipe.model.visual?.hasBoundaryTokens ?? false,
                audioHasBoundaryTokens: recipe.model.audio?.hasBoundaryTokens ?? false,
                recomputingLayers: recipe.train.checkpointsGradients, at: scope)
        }
        let counts = ParameterGroups.counts(assembly.parameters)
        let operations = operations(sizes, counts)
        let optimizer = try AdamW(recipe.optimizer, parameters: assembly.parameters)
        let speed = try StepSpeed(
            StepTrial(model: assembly.model, optimizer: optimizer, usesDropout: true),
            work.shapes.batches(at: [0.5, 0.5, 1], by: operations.step), operations)
        return Trial(
            seconds: work.seconds(speed, operations), peakMemory: Double(Machine.peakMemory),
            trainedCounts: counts)
    }

    /// Layers of the larger model that is measured.
    private static let layerCount = 4

    /// CLAP's window, where the encoder is not here.
    ///
    /// Source: transformers' ClapFeatureExtractor, max_length_s
    private static let windowSeconds = 10.0

    /// The width of features where the encoder is not here; projectors hardly weigh beside the language
    /// model.
    private static let featureSize = 1_024

    /// Bytes of the language model's mapped file, less those of floats where the recipe makes none of it.
    private func fileByteCount(_ configuration: LanguageModelConfiguration) -> Double {
        let count = configuration.parameterShapes.reduce(0.0) {
            $0 + Double($1.shape.reduce(1, *))
        }
        let stored = ModelSizes.bitsPerWeight(recipe.model.language, assets) / 8
        return count * (stored - (recipe.model.weights == .asStored ? 4 : 0))
    }

    /// The variants that a run would choose; where encoders are not here, drawn by the sounds' paths
    /// instead of their content, so that there are as many.
    private func variant(
        _ reader: FeatureReader?
    ) -> @Sendable (Sample, Int) throws -> Int {
        let (seed, count) = (recipe.seed, recipe.data.audioVariantCount)
        return { sample, step in
            if let reader { return try reader.variant(of: sample, seed: seed, step: step) }
            return sample.audioPath.map {
                FeatureReader.variant(of: $0, count: count, seed: seed, step: step)
            } ?? 0
        }
    }

    /// What the encoders cost, and the bytes of those that are not in memory: measured where they are all
    /// here, else from their sizes.
    private func encoders(
        _ media: [MediaUse], _ features: FeatureStore?, operationsPerSecond: Double
    ) throws -> (costs: [String: RunPlan.Encoding], byteCount: Double) {
        if let features {
            progress("encode a few media")
            return (try features.cost(media), 0)
        }
        var (costs, byteCount) = ([String: RunPlan.Encoding](), 0.0)
        func add(_ kind: MediaKind, _ sizes: ModelSizes.Encoder?, _ count: Int) {
            let clipCount = media.count { $0.kind == kind }
            byteCount += 4 * (sizes?.weightCount ?? 0)
            guard clipCount > 0 else { return }
            costs[kind.rawValue] = RunPlan.Encoding(
                clipCount: clipCount, cachedCount: 0,
                secondsPerClip: sizes.map {
                    $0.operationCount * Double(count) / operationsPerSecond
                })
        }
        if let visual = recipe.model.visual {
            add(.visual, try ModelSizes.encoder(visual.encoder), visual.frameCount)
        }
        if let audio = recipe.model.audio {
            let windows =
                audio.strideSeconds == nil
                ? 1 : audio.segmentCount(windowSeconds: Self.windowSeconds)
            add(.audio, try ModelSizes.encoder(audio.encoder), windows)
        }
        return (costs, byteCount)
    }
}
