public import Layers

/// Parameters that share a peak learning rate and a weight decay.
public struct ParameterGroup {
    /// The parameters, all trained.
    public let parameters: [Parameter]
    /// The learning rate that the schedule's factor multiplies.
    public let learningRate: Double
    /// The decoupled weight decay.
    public let weightDecay: Double

    /// Makes a group.
    ///
    /// Throws: `OptimizationError` naming the value out of range or the frozen parameter
    public init(_ parameters: [Parameter], learningRate: Double, weightDecay: Double) throws {
        guard learningRate >= 0, learningRate.isFinite else {
            throw OptimizationError(
                .settings, subject: "learning rate", detail: "\(learningRate) is not usable",
                hint: "use a small positive number, e.g. 2e-4")
        }
        guard weightDecay >= 0, weightDecay.isFinite else {
            throw OptimizationError(
                .settings, subject: "weight decay", detail: "\(weightDecay) is not usable",
                hint: "use zero or a small positive number, e.g. 0.01")
        }
        if let frozen = parameters.first(where: { !$0.isTrained }) {
            throw OptimizationError(
                .settings, subject: frozen.path, detail: "a frozen parameter can't be optimized",
                hint: "give the optimizer trained parameters only")
        }
        self.parameters = parameters
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// Two groups: matrices decay; vectors, which are norms' gains and all biases, don't.
    public static func decayingMatricesOnly(
        _ parameters: [Parameter], learningRate: Double, weightDecay: Double
    ) throws -> [ParameterGroup] {
        let matrices = parameters.filter { $0.shape.count > 1 }
        let vectors = parameters.filter { $0.shape.count <= 1 }
        return try [(matrices, weightDecay), (vectors, 0)].filter { !$0.0.isEmpty }.map {
            try ParameterGroup($0.0, learningRate: learningRate, weightDecay: $0.1)
        }
    }
}
