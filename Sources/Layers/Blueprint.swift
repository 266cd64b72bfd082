public import Kernels
import Tensors

/// A model put together: the model, what it is made of, and how that was loaded.
public struct Assembly<Model> {
    /// The model.
    public let model: Model
    /// Every parameter, in the order the model asked for them.
    public let parameters: [Parameter]
    /// Every low-rank adapter, in the order of the linear maps.
    public let adapters: [Adapter]
    /// What was loaded, initialized and left over.
    public let report: LoadReport

    /// The parameters an optimizer changes.
    public var trainedParameters: [Parameter] { parameters.filter(\.isTrained) }
}

/// How frozen matrices are kept.
public enum FrozenWeights: Sendable, Equatable {
    /// As 32-bit floats in memory.
    case float32
    /// As their file stores them, expanded where they are used.
    case asStored
}

/// The one place that knows where weights come from and what is trained; it hands out parameters by path.
///
/// Layers ask a `Scope` of it for parameters and adapters, so loading, freezing, adapting, naming and
/// counting are one mechanism, and layers know nothing of training.
public final class Blueprint {
    /// Float to train, Double to check gradients.
    public let scalarType: ScalarType
    /// What is trained.
    public let plan: TrainingPlan
    /// How frozen matrices are kept.
    public let frozenWeights: FrozenWeights

    private let source: any WeightSource
    private let fresh: [PathPattern]
    private let seed: UInt64

    private var parameters: [Parameter] = []
    private var adapters: [Adapter] = []
    private var report = LoadReport()
    private var claimed: Set<String> = []
    private var matchedTargets: Set<String> = []
    private var matchedPatterns: Set<String> = []
    private var linearModules: [String] = []

    /// Describes how a model is to be made.
    ///
    /// `fresh` names the parameters that get first values, a function of the seed and their path, when the
    /// source doesn't have them; any other parameter the source lacks is an error.
    public init(
        source: any WeightSource, plan: TrainingPlan = .frozen, fresh: [PathPattern] = [],
        seed: UInt64 = 0, scalarType: ScalarType = .float32,
        frozenWeights: FrozenWeights = .float32
    ) {
        self.source = source
        self.plan = plan
        self.fresh = fresh
        self.seed = seed
        self.scalarType = scalarType
        self.frozenWeights = frozenWeights
    }

    /// Builds a model and checks that everything it needs was there.
    ///
    /// Throws: `LayerError` that lists every missing or mismatched tensor and every plan entry that means
    /// nothing in this model; errors of the source
    public func assemble<Model>(_ build: (Scope) throws -> Model) throws -> Assembly<Model> {
        let model = try build(Scope(blueprint: self, path: ""))
        report.source = source.name
        report.unused = source.paths.filter { !claimed.contains($0) }
        if let problem = report.problem { throw problem }
        try checkPlan()
        return Assembly(model: model, parameters: parameters, adapters: adapters, report: report)
    }

    /// Where a claimed tensor's values come from.
    enum Origin {
        case stored
        case fresh
    }

    /// Notes that a tensor is needed and says where it comes from, or nil when that is a problem.
    ///
    /// Nothing is allocated before the stored shape is known to be the needed one.
    /// Traps: when two layers claim one path
    func claim(_ path: String, shape: [Int], isOptional: Bool = false) throws -> Origin? {
        precondition(claimed.insert(path).inserted, "blueprint: \(path) is claimed twice")
        if let found = try source.shape(of: path) {
            guard found == shape else {
                report.mismatched.append(.init(path: path, expected: shape, found: found))
                return nil
            }
            report.loaded.append(path)
            return .stored
        }
        if isOptional || fresh.contains(where: { $0.matches(path) }) {
            report.initialized.append(path)
            return .fresh
        }
        report.missing.append(
            .init(path: path, shape: shape, storedName: source.storedName(of: path)))
        return nil
    }

    /// Writes a claimed tensor's values into their final place.
    func write(
        _ path: String, from origin: Origin, fill: Fill,
        into buffer: UnsafeMutableBufferPointer<Float>
    ) throws {
        switch origin {
        case .stored: try source.read(path, into: buffer)
        case .fresh: fill.write(into: buffer, seed: seed, path: path)
        }
    }

    /// A matrix as the source stores it, or nil when it is to be in memory or has another shape.
    func stored(_ path: String, shape: [Int]) throws -> StoredMatrix? {
        guard frozenWeights == .asStored, scalarType == .float32,
            try source.shape(of: path) == shape
        else { return nil }
        return try source.stored(path)
    }

    /// A tensor written once, in the blueprint's scalar type.
    func tensor(
        shape: [Int], _ write: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) throws -> Tensor {
        let tensor = try Tensor(shape: shape, filling: write)
        return scalarType == .float32 ? tensor : tensor.converted(to: scalarType)
    }

    /// Adds a parameter; a problem noted by `claim` leaves it empty, and `assemble` throws.
    func addParameter(
        _ path: String, shape: [Int], isTrained: Bool, value: Tensor?
    ) -> Parameter {
        let parameter = Parameter(
            path: path, shape: shape, key: parameters.count, isTrained: isTrained,
            value: value ?? Tensor.zeros([0], type: scalarType))
        parameters.append(parameter)
        return parameter
    }

    /// Adds a frozen matrix that stays as its file stores it.
    func addParameter(_ path: String, stored: StoredMatrix) -> Parameter {
        let parameter = Parameter(path: path, key: parameters.count, stored: stored)
        parameters.append(parameter)
        return parameter
    }

    /// The settings of a linear map's adapter, or nil; every linear map asks.
    func adaptation(of module: String) throws -> LowRankAdaptation.Settings? {
        linearModules.append(module)
        guard let adaptation = plan.adaptation, let settings = try adaptation.settings(for: module)
        else { return nil }
        if let target = try adaptation.target(of: module) { matchedTargets.insert(target) }
        matchedPatterns.formUnion(try adaptation.patterns(matching: module).map(\.expression))
        return settings
    }

    /// A parameter that was added before, by its path.
    func parameter(_ path: String) -> Parameter? {
        parameters.last { $0.path == path }
    }

    func addAdapter(_ adapter: Adapter) {
        adapters.append(adapter)
    }

    private func checkPlan() throws {
        let idle = plan.trained.filter { pattern in
            !parameters.contains { $0.isTrained && pattern.matches($0.path) }
        }
        if !idle.isEmpty {
            throw LayerError(
                .plan, subject: "trained parameters",
                detail: "no parameter matches \(idle.map { "'\($0)'" }.joined(separator: ", "))",
                hint: "name parameters of this model, e.g. \(parameters.first?.path ?? "none")")
        }
        let unmatched = (plan.adaptation?.targetNames ?? []).filter { !matchedTargets.contains($0) }
        if !unmatched.isEmpty {
            let known = Set(linearModules.map { $0.split(separator: ".").last ?? "" })
            throw LayerError(
                .plan, subject: "lora targets",
                detail: "no linear map matches "
                    + unmatched.map { "'\($0)'" }.joined(separator: ", "),
                hint: "this model has \(known.sorted().joined(separator: ", "))")
        }
        let idlePattern = plan.adaptation?.patterns.first {
            !matchedPatterns.contains($0.expression)
        }
        if let idlePattern {
            throw LayerError(
                .plan, subject: "lora pattern '\(idlePattern.expression)'",
                detail: "matches no linear map that gets an adapter",
                hint: "their paths are like \(adapters.first?.module ?? "none")")
        }
    }
}
