/// What is trained: which parameters as a whole, and which linear maps through low-rank adapters.
public struct TrainingPlan: Sendable {
    /// Parameters trained as a whole.
    public var trained: [PathPattern]
    /// The adapters, when there are any.
    public var adaptation: LowRankAdaptation?

    /// Makes a plan.
    public init(trained: [PathPattern] = [], adaptation: LowRankAdaptation? = nil) {
        self.trained = trained
        self.adaptation = adaptation
    }

    /// Nothing is trained.
    public static let frozen = TrainingPlan()

    /// Every parameter is trained.
    public static let everything = TrainingPlan(trained: ["*"])

    /// Whether a parameter is trained as a whole.
    public func trains(_ path: String) -> Bool {
        trained.contains { $0.matches(path) }
    }
}
