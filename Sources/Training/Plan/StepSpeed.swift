/// How fast a model makes steps, from a few of them.
struct StepSpeed {
    let secondsPerStepOperation: Double
    let secondsPerForwardOperation: Double
    let updateSeconds: Double

    /// Makes a step on each batch; the first is not counted.
    ///
    /// Traps: when there are fewer than two batches
    init(_ trial: StepTrial, _ batches: [BatchShape], _ operations: TrainingOperations) throws {
        precondition(batches.count > 1, "step speed: \(batches.count) batches, expected 2 or more")
        _ = try trial.run(batches[0])
        let counted = batches.dropFirst()
        let times = try counted.map { try trial.run($0) }
        let stepOperations = counted.reduce(0.0) { $0 + operations.step($1) }
        let forwardOperations = counted.reduce(0.0) { $0 + operations.forward($1) }
        secondsPerStepOperation =
            times.reduce(0) { $0 + $1.forward + $1.backward } / stepOperations
        secondsPerForwardOperation = times.reduce(0) { $0 + $1.forward } / forwardOperations
        updateSeconds = times.map(\.update).sorted()[times.count / 2]
    }
}
