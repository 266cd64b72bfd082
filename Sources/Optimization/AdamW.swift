import Kernels
public import Layers
public import Tensors

/// Adam with decoupled weight decay, as PyTorch computes it.
///
/// Formula: m = β₁·m + (1-β₁)·g; v = β₂·v + (1-β₂)·g²;
///          x = x·(1 - lr·λ) - lr·(m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)
/// Source:  Loshchilov and Hutter 2019 (arXiv:1711.05101); torch.optim.AdamW
public final class AdamW {
    /// The constants of the update.
    public struct Settings: Sendable, Equatable {
        /// The decay of the mean.
        public let beta1: Double
        /// The decay of the variance.
        public let beta2: Double
        /// What keeps the division finite.
        public let epsilon: Double
        /// The global norm that gradients are clipped to, or nil.
        public let maximumNorm: Double?

        /// Checks and takes the constants; the defaults are PyTorch's, without clipping.
        ///
        /// Throws: `OptimizationError` naming the value out of range
        public init(
            beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
            maximumNorm: Double? = nil
        ) throws {
            let checks: [(String, Double, Bool, String)] = [
                ("beta1", beta1, (0..<1).contains(beta1), "0 ..< 1, e.g. 0.9"),
                ("beta2", beta2, (0..<1).contains(beta2), "0 ..< 1, e.g. 0.999"),
                ("epsilon", epsilon, epsilon > 0, "a small positive number, e.g. 1e-8"),
                ("maximum norm", maximumNorm ?? 1, (maximumNorm ?? 1) > 0, "e.g. 1"),
            ]
            for (name, value, isUsable, range) in checks where !isUsable || !value.isFinite {
                throw OptimizationError(
                    .settings, subject: name, detail: "\(value) is out of range",
                    hint: "use \(range)")
            }
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.maximumNorm = maximumNorm
        }
    }

    /// The running mean and variance of one parameter's gradient.
    public struct Moments: Sendable {
        /// The running mean, m.
        public let mean: Tensor
        /// The running mean of squares, v.
        public let variance: Tensor
        /// The updates so far; a step that doesn't reach a parameter doesn't count for it.
        public let stepCount: Int

        /// Takes saved moments.
        public init(mean: Tensor, variance: Tensor, stepCount: Int) {
            self.mean = mean
            self.variance = variance
            self.stepCount = stepCount
        }
    }

    /// What one step did.
    public struct StepReport: Sendable, Equatable {
        /// The global norm of the averaged gradients, before clipping.
        public let gradientNorm: Double
        /// The same of the groups of each name.
        public let gradientNorms: [String: Double]
        /// What clipping multiplied the gradients by; 1 when they were short enough.
        public let clippingFactor: Double
    }

    /// The constants of the update.
    public let settings: Settings
    /// What is optimized.
    public let groups: [ParameterGroup]
    private var momentsByPath: [String: Moments] = [:]

    /// Optimizes the parameters of some groups.
    ///
    /// Throws: `OptimizationError` when a parameter is in two groups
    public init(_ groups: [ParameterGroup], settings: Settings) throws {
        var seen: Set<String> = []
        for parameter in groups.flatMap(\.parameters) where !seen.insert(parameter.path).inserted {
            throw OptimizationError(
                .settings, subject: parameter.path, detail: "is in two parameter groups",
                hint: "put every parameter into one group")
        }
        self.groups = groups
        self.settings = settings
    }

    /// Every parameter that is optimized.
    public var parameters: [Parameter] { groups.flatMap(\.parameters) }

    /// The moments by parameter path; parameters that had no gradient yet have none.
    public var moments: [String: Moments] { momentsByPath }

    /// Updates every parameter that has a gradient in the window.
    ///
    /// Formula: clipping factor = min(1, maximum / (norm + 1e-6)), over all gradients together
    /// Source:  torch.nn.utils.clip_grad_norm_
    /// Throws:  `OptimizationError` when the norm is NaN or infinite; nothing has changed then
    public func step(_ window: GradientWindow, learningRateFactor: Double) throws -> StepReport {
        let scale = 1 / window.weight
        var sumOfSquares = 0.0
        var sums: [String: Double] = [:]
        for group in groups {
            for parameter in group.parameters {
                guard let gradient = window[parameter] else { continue }
                let squares = Reductions.sumOfSquares(gradient.scalars)
                sumOfSquares += squares
                sums[group.name, default: 0] += squares
            }
        }
        let norm = sumOfSquares.squareRoot() * scale
        guard norm.isFinite else { throw Self.nonFinite(window, parameters) }
        let clipping = settings.maximumNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
        for group in groups {
            for parameter in group.parameters {
                guard let gradient = window[parameter] else { continue }
                try update(
                    parameter, gradient: gradient, gradientScale: scale * clipping, group: group,
                    learningRate: group.learningRate * learningRateFactor)
            }
        }
        return StepReport(
            gradientNorm: norm, gradientNorms: sums.mapValues { $0.squareRoot() * scale },
            clippingFactor: clipping)
    }

    /// Takes the moments of a checkpoint.
    ///
    /// Throws: `OptimizationError` listing every path that is unknown or of another shape or type
    public func restore(_ moments: [String: Moments]) throws {
        let known = Dictionary(uniqueKeysWithValues: parameters.map { ($0.path, $0) })
        let unfit = moments.keys.sorted().filter { path in
            guard let saved = moments[path], let parameter = known[path] else { return true }
            let type = parameter.value.scalarType
            return saved.stepCount < 1
                || [saved.mean, saved.variance].contains {
                    $0.shape != parameter.shape || $0.scalarType != type
                }
        }
        guard unfit.isEmpty else {
            throw OptimizationError(
                .moments, subject: unfit.joined(separator: ", "),
                detail: "the saved moments don't fit a trained parameter",
                hint: "resume with the recipe the checkpoint was made with")
        }
        momentsByPath = moments
    }

    private func update(
        _ parameter: Parameter, gradient: Tensor, gradientScale: Double, group: ParameterGroup,
        learningRate: Double
    ) throws {
        let value = parameter.value
        let old =
            momentsByPath[parameter.path]
            ?? Moments(
                mean: Tensor.zeros(value.shape, type: value.scalarType),
                variance: Tensor.zeros(value.shape, type: value.scalarType), stepCount: 0)
        let step = AdamWStep(
            learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2,
            epsilon: settings.epsilon, weightDecay: group.weightDecay, step: old.stepCount + 1,
            gradientScale: gradientScale)
        let new = step.applied(
            to: value.scalars, gradient: gradient.scalars, m: old.mean.scalars,
            v: old.variance.scalars)
        try parameter.assign(Tensor(new.value, shape: value.shape))
        momentsByPath[parameter.path] = Moments(
            mean: Tensor(new.m, shape: value.shape), variance: Tensor(new.v, shape: value.shape),
            stepCount: old.stepCount + 1)
    }

    private static func nonFinite(
        _ window: GradientWindow, _ parameters: [Parameter]
    ) -> OptimizationError {
        let path = parameters.first { parameter in
            window[parameter].map { !Reductions.sumOfSquares($0.scalars).isFinite } ?? false
        }?.path
        return OptimizationError(
            .gradient, subject: path ?? "gradients",
            detail: path == nil
                ? "the norm over \(window.weight) supervised tokens is not finite"
                : "the gradient is NaN or infinite",
            hint: "lower the learning rate, or look at the samples of this step")
    }
}
