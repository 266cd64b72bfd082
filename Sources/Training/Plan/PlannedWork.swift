internal import Datasets
internal import Recipes

/// What a run computes, as far as it takes time.
struct PlannedWork {
    private let recipe: Recipe
    /// The micro-batches of its steps.
    let shapes: ScheduledShapes
    private let validation: BatchShape
    private let reliance: BatchShape

    init(
        _ recipe: Recipe, _ shapes: ScheduledShapes, _ samples: TrainingSamples,
        shape: (Sample) throws -> SampleShape
    ) rethrows {
        self.recipe = recipe
        self.shapes = shapes
        validation = BatchShape(samples: try samples.validation.map(shape))
        // Each is scored as it is, muted, blanked and with another sound.
        let scored = try samples.reliance.map(shape)
        reliance = BatchShape(samples: scored + scored + scored + scored)
    }

    /// What it takes at a speed.
    func seconds(_ speed: StepSpeed, _ operations: TrainingOperations) -> RunPlan.Seconds {
        let stepCount = shapes.stepCount
        func forward(_ shape: BatchShape, _ count: Int) -> Double {
            Double(count) * operations.forward(shape) * speed.secondsPerForwardOperation
        }
        var seconds = RunPlan.Seconds()
        let computing = shapes.total(operations.step) * speed.secondsPerStepOperation
        seconds.steps = computing + Double(stepCount) * speed.updateSeconds
        seconds.modalityNorms = computing * recipe.modalityNormShare(stepCount: stepCount)
        seconds.validation = forward(validation, recipe.validationCount(stepCount: stepCount))
        seconds.reliance = forward(reliance, recipe.relianceCount(stepCount: stepCount))
        return seconds
    }
}

extension Recipe {
    /// Steps after which validation loss is taken, when there are held-out samples.
    fileprivate func validationCount(stepCount: Int) -> Int {
        data.validation.isEmpty ? 0 : Self.dueCount(validation.everySteps, stepCount)
    }

    /// Steps after which reliance is measured.
    fileprivate func relianceCount(stepCount: Int) -> Int {
        reliance.map { Self.dueCount($0.everySteps, stepCount) } ?? 0
    }

    /// How often a step is computed again on average, for the norms of its modalities.
    fileprivate func modalityNormShare(stepCount: Int) -> Double {
        guard modalityNormInterval > 0, stepCount > 0 else { return 0 }
        let quotas = [data.batch.visual, data.batch.audio, data.batch.audioVisual]
        let count = (stepCount / modalityNormInterval) * quotas.count { $0 > 0 }
        return Double(count) / Double(stepCount)
    }

    /// Steps after which a checkpoint is written: at its interval, after a validation and at the end.
    func checkpointCount(stepCount: Int) -> Int {
        let intervals =
            [checkpoint.everySteps] + (data.validation.isEmpty ? [] : [validation.everySteps])
        let due = intervals.filter { $0 > 0 }.flatMap {
            Array(stride(from: $0, to: stepCount, by: $0))
        }
        return Set(due).count + 1
    }

    /// At an interval, and at the end in any case.
    private static func dueCount(_ interval: Int, _ stepCount: Int) -> Int {
        interval > 0 ? (stepCount - 1) / interval + 1 : 1
    }
}
