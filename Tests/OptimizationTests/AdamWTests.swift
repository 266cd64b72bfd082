import Foundation
import Kernels
import Layers
import Optimization
import Tensors
import Testing

@Suite struct AdamWTests {
    private static let tolerance = 1e-12

    /// A model of single parameters in Double, so that the update's formula can be compared closely.
    private static func parameters(_ values: [String: [Float]]) throws -> [Parameter] {
        let source = DictionaryWeights(values.mapValues { ([$0.count], $0) })
        return try Blueprint(source: source, plan: .everything, scalarType: .float64)
            .assemble { scope in
                try values.keys.sorted().map {
                    try scope.parameter($0, shape: [values[$0]?.count ?? 0], fill: .zeros)
                }
            }.model
    }

    /// A window whose summed gradient of each parameter is the given one.
    private static func window(
        _ parts: [(Parameter, [Double])], weight: Double = 1
    ) -> GradientWindow {
        var window = GradientWindow()
        let terms = parts.map { parameter, gradient in
            (parameter.tensor * Tensor(doubles: gradient, shape: parameter.shape)).sum()
        }
        guard let first = terms.first else { return window }
        let loss = terms.dropFirst().reduce(first, +)
        window.add(gradients(of: loss), of: parts.map(\.0), weight: weight)
        return window
    }

    @Test func twoStepsFollowTheFormula() throws {
        let x = try Self.parameters(["x": [1, -2]])[0]
        let group = try ParameterGroup([x], learningRate: 0.1, weightDecay: 0.01)
        let optimizer = try AdamW([group], settings: try .init())
        let steps: [(gradient: [Double], factor: Double)] = [([0.5, -1], 1), ([0.25, 3], 0.5)]
        var (value, mean, variance) = ([1.0, -2.0], [0.0, 0.0], [0.0, 0.0])
        for (index, step) in steps.enumerated() {
            let report = try optimizer.step(
                Self.window([(x, step.gradient)]), learningRateFactor: step.factor)
            let rate = 0.1 * step.factor
            for i in value.indices {
                let g = step.gradient[i]
                mean[i] = 0.9 * mean[i] + 0.1 * g
                variance[i] = 0.999 * variance[i] + 0.001 * g * g
                let unbiasedMean = mean[i] / (1 - pow(0.9, Double(index + 1)))
                let unbiased = variance[i] / (1 - pow(0.999, Double(index + 1)))
                value[i] *= 1 - rate * 0.01
                value[i] -= rate * unbiasedMean / (unbiased.squareRoot() + 1e-8)
            }
            let norm = step.gradient.map { $0 * $0 }.reduce(0, +).squareRoot()
            #expect(abs(report.gradientNorm - norm) < Self.tolerance)
            #expect(report.clippingFactor == 1)
        }
        #expect(zip(x.value.doubles, value).allSatisfy { abs($0 - $1) < Self.tolerance })
        #expect(optimizer.moments["x"]?.stepCount == 2)
    }

    @Test func windowsDivideByTheirWeight() throws {
        let (x, y) = (try Self.parameters(["x": [1]])[0], try Self.parameters(["x": [1]])[0])
        for (parameter, parts) in [(x, [(3.0, 4.0)]), (y, [(1.0, 1.0), (2.0, 3.0)])] {
            var window = GradientWindow()
            for (gradient, weight) in parts {
                let loss = parameter.tensor.sum().scaled(by: gradient)
                window.add(gradients(of: loss), of: [parameter], weight: weight)
            }
            let group = try ParameterGroup([parameter], learningRate: 0.1, weightDecay: 0)
            let report = try AdamW([group], settings: try .init())
                .step(window, learningRateFactor: 1)
            #expect(abs(report.gradientNorm - 0.75) < Self.tolerance)
        }
        #expect(x.value.doubles == y.value.doubles)
    }

    @Test func clippingUsesTheNormOfAllGradients() throws {
        let parameters = try Self.parameters(["x": [0], "y": [0]])
        let groups = try parameters.map {
            try ParameterGroup([$0], learningRate: 1, weightDecay: 0, name: "only \($0.path)")
        }
        let optimizer = try AdamW(groups, settings: try .init(maximumNorm: 1))
        let report = try optimizer.step(
            Self.window([(parameters[0], [3]), (parameters[1], [4])]), learningRateFactor: 1)
        #expect(abs(report.gradientNorm - 5) < Self.tolerance)
        #expect(report.gradientNorms == ["only x": 3, "only y": 4])
        #expect(abs(report.clippingFactor - 1 / (5 + 1e-6)) < Self.tolerance)
        let mean = try #require(optimizer.moments["x"]?.mean.doubles.first)
        #expect(abs(mean - 0.1 * 3 / (5 + 1e-6)) < Self.tolerance)
    }

    @Test func parametersWithoutGradientDoNotMove() throws {
        let parameters = try Self.parameters(["x": [1], "y": [1]])
        let group = try ParameterGroup(parameters, learningRate: 1, weightDecay: 0.5)
        let optimizer = try AdamW([group], settings: try .init())
        _ = try optimizer.step(Self.window([(parameters[0], [1])]), learningRateFactor: 1)
        #expect(parameters[1].value.doubles == [1])
        #expect(optimizer.moments.keys.sorted() == ["x"])
    }

    @Test func nonFiniteGradientsStopBeforeAnythingChanges() throws {
        let parameters = try Self.parameters(["x": [1], "y": [1]])
        let group = try ParameterGroup(parameters, learningRate: 1, weightDecay: 0.5)
        let optimizer = try AdamW([group], settings: try .init())
        let error = try #require(throws: OptimizationError.self) {
            try optimizer.step(
                Self.window([(parameters[0], [1]), (parameters[1], [.infinity])]),
                learningRateFactor: 1)
        }
        #expect(error.kind == .gradient)
        #expect(error.subject == "y")
        #expect(parameters.map { $0.value.doubles } == [[1], [1]])
        #expect(optimizer.moments.isEmpty)
    }

    @Test func restoredMomentsContinueExactly() throws {
        func run(restoring: Bool) throws -> [Double] {
            let x = try Self.parameters(["x": [1]])[0]
            let group = try ParameterGroup([x], learningRate: 0.1, weightDecay: 0.01)
            var optimizer = try AdamW([group], settings: try .init())
            for gradient in [1.0, -2, 0.5] {
                if restoring {
                    let saved = optimizer.moments
                    optimizer = try AdamW([group], settings: try .init())
                    try optimizer.restore(saved)
                }
                _ = try optimizer.step(Self.window([(x, [gradient])]), learningRateFactor: 1)
            }
            return x.value.doubles
        }
        #expect(try run(restoring: true) == run(restoring: false))
    }

    @Test func momentsOfOtherModelsAreListed() throws {
        let x = try Self.parameters(["x": [1]])[0]
        let group = try ParameterGroup([x], learningRate: 0.1, weightDecay: 0)
        let optimizer = try AdamW([group], settings: try .init())
        let fitting = Tensor.zeros([1], type: .float64)
        let error = try #require(throws: OptimizationError.self) {
            try optimizer.restore([
                "x": .init(mean: fitting, variance: Tensor.zeros([2]), stepCount: 1),
                "z": .init(mean: fitting, variance: fitting, stepCount: 1),
            ])
        }
        #expect(error.kind == .moments)
        #expect(error.subject == "x, z")
    }

    @Test func settingsOutOfRangeAreErrors() throws {
        #expect(throws: OptimizationError.self) { try AdamW.Settings(beta1: 1) }
        #expect(throws: OptimizationError.self) { try AdamW.Settings(epsilon: 0) }
        #expect(throws: OptimizationError.self) { try AdamW.Settings(maximumNorm: 0) }
        #expect(throws: OptimizationError.self) {
            try ParameterGroup([], learningRate: -1, weightDecay: 0)
        }
        let x = try Self.parameters(["x": [1]])[0]
        let group = try ParameterGroup([x], learningRate: 1, weightDecay: 0)
        #expect(throws: OptimizationError.self) {
            try AdamW([group, group], settings: try .init())
        }
    }
}
