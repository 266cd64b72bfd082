internal import CKernels
internal import Foundation

/// One AdamW update over flat memory.
public struct AdamWStep: Sendable {
    /// The learning rate of this step.
    public var learningRate: Double
    /// Decay of the mean.
    public var beta1: Double
    /// Decay of the variance.
    public var beta2: Double
    /// Added to the root of the variance.
    public var epsilon: Double
    /// Decoupled weight decay.
    public var weightDecay: Double
    /// The step's number, from 1.
    public var step: Int
    /// What the gradient is multiplied with first (clipping).
    public var gradientScale: Double

    /// All settings of one update.
    public init(
        learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
        step: Int, gradientScale: Double
    ) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.step = step
        self.gradientScale = gradientScale
    }

    /// value, m and v after the update, in new memory.
    ///
    /// Formula: m' = β₁ m + (1 − β₁) g; v' = β₂ v + (1 − β₂) g²;
    /// value' = value (1 − η λ) − η (m' / (1 − β₁ᵗ)) / (√(v' / (1 − β₂ᵗ)) + ε)
    /// Source: Loshchilov & Hutter 2019 (arXiv:1711.05101)
    public func applied(
        to value: Scalars, gradient: Scalars, m: Scalars, v: Scalars
    ) -> (value: Scalars, m: Scalars, v: Scalars) {
        precondition(
            value.count == gradient.count && value.count == m.count && value.count == v.count,
            "adamW: \(value.count) values, \(gradient.count) gradients")
        var settings = duet_adamw(
            learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
            weight_decay: weightDecay, correction1: 1 - pow(beta1, Double(step)),
            correction2: 1 - pow(beta2, Double(step)), gradient_scale: gradientScale)
        let result = (
            value: Elementwise.copy(value), m: Elementwise.copy(m), v: Elementwise.copy(v)
        )
        withUnsafePointer(to: &settings) { settings in
            nonisolated(unsafe) let settings = settings  // Safety: read only.
            Parallel.ranges(value.count, grain: Elementwise.grain, alignment: 64) { range in
                let start = range.lowerBound
                duet_adamw_step(
                    value.type.code, settings, range.count, gradient.address(at: start),
                    result.value.address(at: start), result.m.address(at: start),
                    result.v.address(at: start))
            }
        }
        return result
    }
}
