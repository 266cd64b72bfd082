internal import Datasets

/// The micro-batches of a run as far as they cost time and memory: of every step, or of many evenly
/// spaced ones when there are more.
struct ScheduledShapes {
    /// Steps that are looked at.
    private static let stepLimit = 256

    /// The micro-batches of each step that is looked at.
    let steps: [[BatchShape]]
    let stepCount: Int

    init(_ order: TrainingOrder, shape: (ScheduledBatch) throws -> BatchShape) rethrows {
        let all = order.stepCount
        let count = min(all, Self.stepLimit)
        stepCount = all
        steps = try (0..<count).map { index in
            try order.batches(ofStep: index * all / count).map(shape)
        }
    }

    /// The sum of a quantity over all steps of the run.
    func total(_ quantity: (BatchShape) -> Double) -> Double {
        let sum = steps.joined().reduce(0.0) { $0 + quantity($1) }
        return sum * Double(stepCount) / Double(max(1, steps.count))
    }

    /// The batches at some parts of the way from the cheapest to the dearest.
    func batches(at parts: [Double], by cost: (BatchShape) -> Double) -> [BatchShape] {
        let sorted = steps.joined().sorted { cost($0) < cost($1) }
        guard !sorted.isEmpty else { return [] }
        return parts.map { sorted[Int($0 * Double(sorted.count - 1))] }
    }
}
