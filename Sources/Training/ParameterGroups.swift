internal import Layers
internal import Optimization
internal import Recipes

/// Which trained parameters share a learning rate and a decay.
enum ParameterGroups {
    /// Whether a parameter belongs to a projector, by LLaVA's names.
    static func isProjector(_ path: String) -> Bool { path.hasPrefix("model.mm_projector") }

    /// Projectors with their own learning rate, then everything else.
    static func make(
        _ parameters: [Parameter], _ settings: Recipe.Optimizer
    ) throws -> [ParameterGroup] {
        let trained = parameters.filter(\.isTrained)
        let projectors = trained.filter { isProjector($0.path) }
        let others = trained.filter { !isProjector($0.path) }
        return try [
            (projectors, settings.projectorLearningRate), (others, settings.learningRate),
        ].filter { !$0.0.isEmpty }.flatMap { members, rate in
            settings.decaysNormsAndBiases
                ? [
                    try ParameterGroup(
                        members, learningRate: rate, weightDecay: settings.weightDecay)
                ]
                : try ParameterGroup.decayingMatricesOnly(
                    members, learningRate: rate, weightDecay: settings.weightDecay)
        }
    }

    /// Trained numbers by kind.
    static func counts(_ parameters: [Parameter]) -> [String: Int] {
        parameters.filter(\.isTrained).reduce(into: [:]) { counts, parameter in
            let group = isProjector(parameter.path) ? "projectors" : "adapters"
            counts[group, default: 0] += parameter.scalarCount
        }
    }
}

extension Schedule {
    /// The schedule that a recipe describes, over `stepCount` steps.
    init(_ settings: Recipe.Schedule, stepCount: Int) throws {
        let warmup =
            switch settings.warmup {
            case .steps(let count): min(count, stepCount)
            case .ratio(let ratio): Int((ratio * Double(stepCount)).rounded())
            }
        let shape: Schedule.Shape =
            switch settings.kind {
            case .cosine: .cosine
            case .linear: .linear
            case .constant: .constant
            }
        try self.init(
            shape, warmupStepCount: warmup, stepCount: stepCount,
            minimumFactor: settings.minimumRatio)
    }
}
