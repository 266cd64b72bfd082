internal import Datasets
internal import Foundation
internal import Kernels
internal import Layers
internal import Models
internal import Optimization
public import Recipes

/// Says what a run will be before anything runs: counts from its data, time and memory from a few steps.
///
/// Where the language model's weights and the encoders are here, steps of the recipe's own model are
/// measured, on batches of the sizes that the schedule has. Where they are not, models of the same
/// sizes with one and with four layers are measured, and what the further layers add is counted for all.
public struct Planner {
    private let recipe: Recipe
    private let progress: (String) -> Void

    /// A planner of a recipe; `progress` is told what is being done.
    public init(recipe: Recipe, progress: @escaping (String) -> Void = { _ in }) {
        self.recipe = recipe
        self.progress = progress
    }

    /// The plan.
    ///
    /// Throws: whatever a run of the recipe would end with before its first step; `TrainingError` when
    /// the model is neither here nor of known sizes
    public func plan() throws -> RunPlan {
        if recipe.threadCount > 0 { Parallel.use(threads: recipe.threadCount) }
        let assets = try Assets()
        let missing = try ModelSizes.missing(recipe, assets)
        if missing.isEmpty { return try measured() }
        return try ReckonedPlan(
            recipe: recipe, assets: assets, missing: missing, progress: progress
        ).plan()
    }

    /// Parts of the way from the cheapest to the dearest batch; the dearest decides the memory.
    private static let trialParts = [0.5, 0.25, 0.5, 0.75, 1]

    private func measured() throws -> RunPlan {
        progress("open the model")
        let bench = try Workbench(recipe: recipe)
        progress("count tokens")
        var samples = try TrainingSamples(recipe, tags: bench.tags)
        if recipe.data.onBadSample == .skip { try samples.screenPrompts(bench) }
        let prompts = bench.prompts.withoutLimit
        let data = try TrainingData(bench: bench, samples: samples, prompts: prompts)
        let media = bench.features.reader.tokenCounts
        func shape(_ sample: Sample) throws -> SampleShape {
            SampleShape(try prompts.encode(sample, mediaTokens: media))
        }
        let census = try SampleCensus(
            samples.training, maximumTokenCount: recipe.data.maximumTokenCount, shape: shape)
        let preparer = BatchPreparer(bench: bench, sources: samples.training, prompts: prompts)
        let shapes = try ScheduledShapes(data.order) { BatchShape(try preparer.packed($0)) }
        let work = try PlannedWork(recipe, shapes, samples, shape: shape)
        progress("encode a few media")
        let restingByteCount = Machine.peakMemory
        let encodings = try bench.features.cost(
            try data.media.all(measuring: try recipe.newProjectorKinds()))
        // Media are encoded beside the steps, so their memory comes on top of the steps'.
        let encodingByteCount =
            encodings.values.contains { $0.cachedCount < $0.clipCount }
            ? Machine.peakMemory - restingByteCount : 0
        progress("make a few steps")
        let optimizer = try AdamW(recipe.optimizer, parameters: bench.parameters)
        let trainedCounts = ParameterGroups.counts(bench.parameters)
        let operations = TrainingOperations(
            bench.model.language.configuration,
            adapterScalarCount: trainedCounts[ParameterGroups.Part.adapters.rawValue] ?? 0,
            recomputing: recipe.train.checkpointsGradients)
        let speed = try StepSpeed(
            StepTrial(model: bench.model, optimizer: optimizer, usesDropout: true),
            shapes.batches(at: Self.trialParts, by: operations.step), operations)
        var seconds = work.seconds(speed, operations)
        seconds.encoding = encodings.values.reduce(0) { $0 + $1.seconds }
        seconds.checkpoints =
            Double(recipe.checkpointCount(stepCount: data.order.stepCount))
            * (try CheckpointSaver.trialSeconds(bench: bench, data: data, optimizer: optimizer))
        return RunPlan(
            recipe, missing: [], samples, census, data.order, shapes,
            model: RunPlan.Model(
                trainedCounts: trainedCounts, frozenCount: bench.frozenCount,
                peakMemoryByteCount: Machine.peakMemory + encodingByteCount,
                operations: operations),
            encodings: encodings, seconds: seconds)
    }
}
