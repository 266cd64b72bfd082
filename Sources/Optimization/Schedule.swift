import Foundation

/// The learning rate's course over a run, as a factor of its peak.
///
/// Formula: step / warmup while warming up, then with p = (step - warmup) / (total - warmup):
///          constant 1; linear max(0, 1 - p); cosine (1 + cos(π·p)) / 2; scaled into [minimum, 1]
/// Source:  transformers' get_{constant,linear,cosine}_schedule_with_warmup; the first factor is 0 with warm-up
public struct Schedule: Sendable, Equatable {
    /// What the factor does after the warm-up.
    public enum Shape: String, Sendable, CaseIterable {
        /// Stays.
        case constant
        /// Falls in a straight line.
        case linear
        /// Falls along half a cosine.
        case cosine
    }

    /// What the factor does after the warm-up.
    public let shape: Shape
    /// Steps in which the factor rises from zero.
    public let warmupStepCount: Int
    /// All steps of the run.
    public let stepCount: Int
    /// The factor that a falling shape ends at.
    public let minimumFactor: Double

    /// Takes a course.
    ///
    /// Throws: `OptimizationError` naming the value out of range
    public init(
        _ shape: Shape, warmupStepCount: Int, stepCount: Int, minimumFactor: Double = 0
    ) throws {
        guard stepCount > 0, warmupStepCount >= 0, warmupStepCount <= stepCount else {
            throw OptimizationError(
                .settings, subject: "schedule",
                detail: "\(warmupStepCount) warm-up steps of \(stepCount) steps",
                hint: "use at least one step and no more warm-up than steps")
        }
        guard minimumFactor >= 0, minimumFactor <= 1 else {
            throw OptimizationError(
                .settings, subject: "schedule", detail: "minimum factor \(minimumFactor)",
                hint: "use a share of the peak in 0 ... 1")
        }
        self.shape = shape
        self.warmupStepCount = warmupStepCount
        self.stepCount = stepCount
        self.minimumFactor = minimumFactor
    }

    /// The factor used by a step, counted from 0.
    public func factor(at step: Int) -> Double {
        if step < warmupStepCount { return Double(step) / Double(warmupStepCount) }
        let length = Double(max(1, stepCount - warmupStepCount))
        let progress = Double(step - warmupStepCount) / length
        let share: Double
        switch shape {
        case .constant: return 1
        case .linear: share = max(0, 1 - progress)
        case .cosine: share = max(0, 0.5 * (1 + cos(Double.pi * progress)))
        }
        return minimumFactor + (1 - minimumFactor) * share
    }
}
