package import Layers
package import Optimization
package import Recipes

/// Which trained parameters share a learning rate and a decay.
package enum ParameterGroups {
    /// What a parameter is part of, in the order of the groups.
    package enum Part: String, CaseIterable {
        case projectors, adapters
        /// Parameters of the language model that are trained as a whole.
        case language = "language model"

        /// The part by a parameter's path: LLaVA's names of projectors, PEFT's of adapters.
        package init(path: String) {
            self =
                path.hasPrefix("model.mm_projector")
                ? .projectors : path.contains(".lora_") ? .adapters : .language
        }
    }

    /// Projectors, then everything else, each with those that decay first.
    ///
    /// LoRA+ has PEFT's meaning: B and all vectors learn at a multiple of A's rate.
    /// Source: peft.optimizers.create_loraplus_optimizer; Hayou et al. 2024 (arXiv:2402.12354)
    package static func make(
        _ parameters: [Parameter], _ settings: Recipe.Optimizer
    ) throws -> [ParameterGroup] {
        var members: [Course: [Parameter]] = [:]
        var courses: [Course] = []
        for parameter in parameters where parameter.isTrained {
            let course = Course(of: parameter, settings)
            if members[course] == nil { courses.append(course) }
            members[course, default: []].append(parameter)
        }
        let order = courses.enumerated().sorted {
            ($0.element.place, $0.offset) < ($1.element.place, $1.offset)
        }
        return try order.map { entry in
            try ParameterGroup(
                members[entry.element] ?? [], learningRate: entry.element.learningRate,
                weightDecay: entry.element.weightDecay, name: entry.element.part.rawValue)
        }
    }

    /// What decides a parameter's group.
    private struct Course: Hashable {
        let part: Part
        /// Whether it is a norm's gain or a bias and does not decay for that.
        let isSpared: Bool
        let learningRate: Double
        let weightDecay: Double

        init(of parameter: Parameter, _ settings: Recipe.Optimizer) {
            part = Part(path: parameter.path)
            let isVector = parameter.shape.count <= 1
            isSpared = isVector && part != .adapters && !settings.decaysNormsAndBiases
            let (rate, decay) =
                switch part {
                case .projectors: (settings.projectorLearningRate, settings.projectorWeightDecay)
                case .adapters: (settings.loraLearningRate, settings.loraWeightDecay)
                case .language: (settings.learningRate, settings.weightDecay)
                }
            let isFast =
                part != .projectors && (isVector || parameter.path.hasSuffix("lora_B.weight"))
            learningRate = isFast ? rate * settings.loraPlusRatio : rate
            weightDecay = isSpared ? 0 : decay
        }

        /// Where the group stands among the others.
        var place: Int { (part == .projectors ? 0 : 2) + (isSpared ? 1 : 0) }
    }

    /// Trained numbers by part.
    static func counts(_ parameters: [Parameter]) -> [String: Int] {
        parameters.filter(\.isTrained).reduce(into: [:]) { counts, parameter in
            counts[Part(path: parameter.path).rawValue, default: 0] += parameter.scalarCount
        }
    }
}

extension AdamW {
    /// The optimizer that a recipe describes, of these parameters' trained ones.
    convenience init(_ settings: Recipe.Optimizer, parameters: [Parameter]) throws {
        try self.init(
            ParameterGroups.make(parameters, settings),
            settings: AdamW.Settings(
                beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
                maximumNorm: settings.clipNorm))
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
