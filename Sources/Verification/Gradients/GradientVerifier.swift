internal import Kernels
internal import Layers
public import Models
public import Recipes
internal import Tensors
internal import Training

/// Compares the gradients of the model that a recipe puts together with finite differences.
///
/// The model has the recipe's parts, adapters, loss weights and dropout, and the language model's
/// layers and constants, but few heads and tokens; its numbers are doubles and made up, as are the
/// samples, one of each modality and one of two turns.
///
/// Formula: with u a random direction of length 1 in one parameter's space and h = 10⁻³,
/// ⟨g, u⟩ against (8 (L(h) − L(−h)) − (L(2h) − L(−2h))) / 12h
public struct GradientVerifier {
    /// Truncation is of order h⁴ = 1e-12, rounding 1e-16 / h = 1e-13; a gradient's part along a random
    /// direction may be small, and derivatives of a deep model large.
    public static let tolerance = 1e-6
    private static let step = 1e-3
    /// Gradients shorter than this count as if they were as long: rounding of the loss is about 1e-12 of
    /// what is differenced.
    private static let smallestGradient = 1e-3

    private let model: AudioVisualModel
    private let parameters: [Parameter]
    private let notCompared: String?
    private let batch: AudioVisualBatch
    private let dropoutSeed: UInt64 = 11

    /// Puts the small model together.
    ///
    /// Throws: when the recipe's plan does not fit the language model
    public init(recipe: Recipe, language: LanguageModelConfiguration) throws {
        let configuration = try language.shrunk
        let assembly = try Blueprint(
            source: DictionaryWeights([:]), plan: try TrainingPlan(recipe), fresh: ["*"],
            seed: recipe.seed, scalarType: .float64
        ).assemble {
            try AudioVisualModel(
                configuration,
                visualFeatureSize: recipe.model.visual.map { _ in MadeUpBatch.visualFeatureSize },
                audioFeatureSize: recipe.model.audio.map { _ in MadeUpBatch.audioFeatureSize },
                projector: ProjectorKind(recipe.model.projector),
                visualHasBoundaryTokens: recipe.model.visual?.hasBoundaryTokens ?? false,
                audioHasBoundaryTokens: recipe.model.audio?.hasBoundaryTokens ?? false,
                recomputingLayers: recipe.train.checkpointsGradients, at: $0)
        }
        model = assembly.model
        let isDecomposed = recipe.train.lora?.isWeightDecomposed ?? false
        parameters = assembly.trainedParameters.filter {
            !isDecomposed || !["LoRA A", "LoRA B"].contains(GradientReport.Row.group(of: $0.path))
        }
        notCompared =
            isDecomposed
            ? "LoRA A and B: DoRA takes the lengths of rows for constants, so these gradients are "
                + "no derivatives of the loss" : nil
        batch = MadeUpBatch.batch(
            for: recipe.model, vocabularyCount: configuration.vocabularyCount,
            weights: recipe.train.lossWeights)
        for case let projector? in [model.visualProjector, model.audioProjector] {
            try projector.measure(
                mean: (0..<projector.featureSize).map { Double($0) / 10 },
                variance: (0..<projector.featureSize).map { 1 + Double($0) / 10 },
                outputRMS: 0.5)
        }
        for parameter in assembly.trainedParameters { try Self.stir(parameter) }
    }

    /// Adds noise, so that nothing is zero, as the second factors of new adapters are.
    private static func stir(_ parameter: Parameter) throws {
        var stream = RandomStream(seed: 1, name: "noise/\(parameter.path)")
        let noise = (0..<parameter.scalarCount).map { _ in 0.1 * stream.normal() }
        try parameter.assign(parameter.value + Tensor(doubles: noise, shape: parameter.shape))
    }

    /// Compares every trained parameter.
    ///
    /// - Parameter progress: gets how many are done, and of how many.
    /// Throws: when a parameter can't be changed
    public func run(progress: (Int, Int) -> Void = { _, _ in }) throws -> GradientReport {
        let gradients = gradients(of: loss)
        var rows: [GradientReport.Row] = []
        for (index, parameter) in parameters.enumerated() {
            let error = try error(of: gradients[parameter.key], parameter)
            let group = GradientReport.Row.group(of: parameter.path)
            let place = rows.firstIndex { $0.group == group } ?? rows.count
            if place == rows.count {
                rows.append(
                    .init(
                        group: group, parameterCount: 0, scalarCount: 0, maximumError: -1,
                        worst: ""))
            }
            rows[place].parameterCount += 1
            rows[place].scalarCount += parameter.scalarCount
            if !(error <= rows[place].maximumError) {
                rows[place].maximumError = error
                rows[place].worst = parameter.path
            }
            progress(index + 1, parameters.count)
        }
        return GradientReport(tolerance: Self.tolerance, rows: rows, notCompared: notCompared)
    }

    /// The mean loss of a supervised token.
    private var loss: Tensor {
        model.loss(of: batch, dropoutSeed: dropoutSeed).loss.scaled(by: 1 / batch.lossWeight)
    }

    /// The difference along a random direction, relative to the gradient's length over √n, which is
    /// how long it usually is along a direction among n.
    private func error(of gradient: Tensor?, _ parameter: Parameter) throws -> Double {
        var stream = RandomStream(seed: 2, name: parameter.path)
        let count = Double(parameter.scalarCount)
        let direction = (0..<parameter.scalarCount).map { _ in
            (stream.next() & 1 == 0 ? 1 : -1) / count.squareRoot()
        }
        let values = gradient?.doubles ?? [Double](repeating: 0, count: parameter.scalarCount)
        let analytic = zip(values, direction).reduce(0) { $0 + $1.0 * $1.1 }
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let kept = parameter.value
        let line = Tensor(doubles: direction, shape: parameter.shape)
        func loss(at distance: Double) throws -> Double {
            try parameter.assign(kept + line.scaled(by: distance))
            return withoutGradients { self.loss.item }
        }
        let h = Self.step
        let near = try loss(at: h) - loss(at: -h)
        let far = try loss(at: 2 * h) - loss(at: -2 * h)
        try parameter.assign(kept)
        let numeric = (8 * near - far) / (12 * h)
        let scale = max(length, Self.smallestGradient) / count.squareRoot()
        return abs(numeric - analytic) / scale
    }
}

extension LanguageModelConfiguration {
    /// The same model with at most two key/value heads of 4 numbers, as many query heads for each of
    /// them, and few tokens.
    fileprivate var shrunk: LanguageModelConfiguration {
        get throws {
            var small = self
            let size = 4
            small.keyValueHeadCount = min(2, keyValueHeadCount)
            small.queryHeadCount =
                queryHeadCount / keyValueHeadCount * small.keyValueHeadCount
            small.headSize = size
            small.hiddenSize = small.queryHeadCount * size
            small.feedForwardSize = small.hiddenSize * 3 / 2
            small.vocabularyCount = 48
            if case .divisors(let divisors) = rotaryScaling {
                small.rotaryScaling = .divisors(Array(divisors.prefix(size / 2)))
            }
            try small.validate()
            return small
        }
    }
}
