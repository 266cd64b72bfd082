public import Layers

/// Parameters that share a peak learning rate and a weight decay.
public struct ParameterGroup {
    /// What they are; several groups may be called the same.
    public let name: String
    /// The parameters, all trained.
    public let parameters: [Parameter]
    /// The learning rate that the schedule's factor multiplies.
    public let learningRate: Double
    /// The decoupled weight decay.
    public let weightDecay: Double

    /// Makes a group.
    ///
    /// Throws: `OptimizationError` naming the value out of range or the frozen parameter
    public init(
        _ parameters: [Parameter], learningRate: Double, weightDecay: Double,
        name: String = "parameters"
    ) throws {
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
        self.name = name
        self.parameters = parameters
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }
}
