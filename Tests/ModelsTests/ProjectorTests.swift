import Kernels
import Layers
import Models
import TestKit
import Tensors
import Testing

@Suite struct ProjectorTests {
    private func projector(
        _ tensors: [String: (shape: [Int], values: [Float])] = [:], size: Int = 3
    ) throws -> Assembly<Projector> {
        try Blueprint(
            source: DictionaryWeights(tensors),
            plan: TrainingPlan(trained: ["mm_projector.weight", "mm_projector.bias"]),
            fresh: ["*"], seed: 1
        ).assemble { try Projector(featureSize: size, hiddenSize: 2, at: $0 / "mm_projector") }
    }

    @Test func withoutStatisticsItIsTheAffineMap() throws {
        let assembly = try projector([
            "mm_projector.weight": ([2, 3], [1, 2, 3, 4, 5, 6]),
            "mm_projector.bias": ([2], [10, 20]),
        ])
        #expect(assembly.model(Tensor([1, 1, 2], shape: [1, 3])).floats == [19, 41])
    }

    @Test func statisticsBringChannelsToOneScale() throws {
        let assembly = try projector()
        let r = 0.5
        try assembly.model.measure(mean: [100, 0, -1], variance: [400, 1, 1], outputRMS: r)
        let values = Dictionary(
            uniqueKeysWithValues: assembly.parameters.map { ($0.path, $0.value.doubles) })
        let scale = try #require(values["mm_projector.feature_scale"])
        let centre = try #require(values["mm_projector.feature_mean"])
        // The floor is 0.01 · 134; half a deviation of constant is left.
        for (index, variance) in [400.0, 1, 1].enumerated() {
            let deviation = (variance + 1.34).squareRoot()
            #expect(abs(scale[index] - r * 3.0.squareRoot() / deviation) < 1e-6)
            #expect(abs(centre[index] - ([100.0, 0, -1][index] - deviation / 2)) < 1e-4)
        }
    }

    @Test func channelsThatNeverVaryStayFinite() throws {
        let assembly = try projector()
        try assembly.model.measure(mean: [1, 1, 1], variance: [0, 0, 0], outputRMS: 1)
        #expect(
            assembly.model(Tensor([1, 2, 3], shape: [1, 3])).floats.allSatisfy { $0.isFinite })
    }

    /// Fresh outputs of standardised features are about as large as asked for.
    @Test func freshOutputsHaveTheGivenSize() throws {
        let size = 400
        let assembly = try projector(size: size)
        try assembly.model.measure(
            mean: [Double](repeating: 7, count: size),
            variance: [Double](repeating: 4, count: size), outputRMS: 0.136)
        let features = GradientCheck.fixedValues([300, size], seed: 3)
            .scaled(by: 2 * 3.0.squareRoot()).adding(7).converted(to: .float32)
        let outputs = assembly.model(features).doubles
        let rms = (outputs.reduce(0.0) { $0 + $1 * $1 } / Double(outputs.count)).squareRoot()
        #expect(rms > 0.136 / 2 && rms < 0.136 * 2)
    }

    @Test func statisticsAreNotTrained() throws {
        let trained = try projector().trainedParameters.map(\.path)
        #expect(trained == ["mm_projector.weight", "mm_projector.bias"])
    }
}
