internal import Datasets
internal import Files
internal import Recipes

extension RunPlan {
    /// What a plan says of its model.
    struct Model {
        let trainedCounts: [String: Int]
        let frozenCount: Int
        let peakMemoryByteCount: Int
        let operations: TrainingOperations
    }

    /// A plan from what was found; from sizes alone when parts are missing.
    init(
        _ recipe: Recipe, missing: [String], _ samples: TrainingSamples, _ census: SampleCensus,
        _ order: TrainingOrder, _ shapes: ScheduledShapes, model: Model,
        encodings: [String: Encoding], seconds: Seconds
    ) {
        let stepOperations = shapes.total(model.operations.step)
        self.init(
            name: recipe.name, recipeDigest: recipe.planDigest,
            basis: missing.isEmpty ? .measured : .reckoned, missing: missing,
            modalities: census.modalities, countsAreExact: missing.isEmpty,
            tooLong: census.tooLong, skippedCount: samples.skipped.count,
            cutSoundCount: recipe.model.audio.map {
                SampleCensus.cutSoundCount(
                    samples.training.joined(), seconds: $0.durationSeconds)
            } ?? 0,
            stepCount: order.stepCount, stepsPerEpoch: order.stepsPerEpoch,
            tokenCount: Int(shapes.total { Double($0.tokenCount) }),
            rowCount: Int(shapes.total { Double($0.rowCount) }),
            paddedCount: Int(shapes.total { Double($0.paddedCount) }),
            supervisedCount: Int(shapes.total { Double($0.supervisedCount) }),
            trainedCounts: model.trainedCounts, frozenCount: model.frozenCount,
            encodings: encodings, seconds: seconds, totalSeconds: seconds.total,
            peakMemoryByteCount: model.peakMemoryByteCount,
            gflopPerStep: stepOperations / Double(max(1, order.stepCount)) * 1e-9,
            gflopPerSecond: stepOperations / max(seconds.steps, 1e-9) * 1e-9)
    }
}

extension Recipe {
    /// What tells whether a plan is of this very recipe.
    var planDigest: String { SHA256.hexDigest(of: resolvedYAML.utf8) }
}
