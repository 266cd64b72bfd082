import Kernels
import Layers
import Models
import TestKit
import Tensors
import Testing

@Suite struct ProjectorTests {
    private func projector(
        _ tensors: [String: (shape: [Int], values: [Float])] = [:], size: Int = 3,
        kind: ProjectorKind = .linear, hidden: Int = 2
    ) throws -> Assembly<Projector> {
        try Blueprint(
            source: DictionaryWeights(tensors),
            plan: TrainingPlan(trained: ["mm_projector*.weight", "mm_projector*.bias"]),
            fresh: ["*"], seed: 1
        ).assemble {
            try Projector(kind, featureSize: size, hiddenSize: hidden, at: $0 / "mm_projector")
        }
    }

    @Test func withoutStatisticsItIsTheAffineMap() throws {
        let assembly = try projector([
            "mm_projector.weight": ([2, 3], [1, 2, 3, 4, 5, 6]),
            "mm_projector.bias": ([2], [10, 20]),
        ])
        #expect(assembly.model(Tensor([1, 1, 2], shape: [1, 3])).floats == [19, 41])
    }

    @Test func clipsStandBetweenTheirBoundariesInAnyOrder() throws {
        let assembly = try Blueprint(
            source: DictionaryWeights([
                "p.weight": ([2, 3], [1, 2, 3, 4, 5, 6]), "p.bias": ([2], [10, 20]),
                "p.begin_token": ([2], [-1, -2]), "p.end_token": ([2], [7, 8]),
            ]), plan: TrainingPlan(trained: ["p"]), fresh: ["*"]
        ).assemble {
            try Projector(featureSize: 3, hiddenSize: 2, hasBoundaryTokens: true, at: $0 / "p")
        }
        let features = Tensor([1, 1, 2, 0, 0, 1], shape: [2, 3])
        let marked = ClipBoundaries.marked(features)
        #expect(marked.shape == [4, 4])
        #expect(ClipBoundaries.features(in: marked, size: 3).floats == features.floats)
        #expect(ClipBoundaries.features(in: features, size: 3).floats == features.floats)
        let map = assembly.model
        #expect(map(marked).floats == [-1, -2, 19, 41, 13, 26, 7, 8])
        let mixed = map(marked.gatheringRows([3, 1, 0, 0]))
        #expect(mixed.floats == [7, 8, 19, 41, -1, -2, -1, -2])
        #expect(map(marked.gatheringRows([2])).floats == [13, 26])
        let gradients = gradients(of: mixed.sum())
        let found = Dictionary(
            uniqueKeysWithValues: assembly.trainedParameters.map {
                ($0.path, gradients[$0.key]?.floats)
            })
        #expect(found["p.begin_token"] == [2, 2] && found["p.end_token"] == [1, 1])
        #expect(found["p.bias"] == [1, 1])
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

    @Test func twoMapsHaveGELUBetweenThem() throws {
        let assembly = try projector(
            [
                "mm_projector.0.weight": ([2, 3], [1, 2, 3, 4, 5, 6]),
                "mm_projector.0.bias": ([2], [1, -20]),
                "mm_projector.2.weight": ([2, 2], [1, 0, 0.5, 2]),
                "mm_projector.2.bias": ([2], [10, 20]),
            ], kind: .mlp2xGELU)
        let inner = Tensor([10, 1], shape: [1, 2]).gelu(.erf).floats
        let expected = [inner[0] + 10, 0.5 * inner[0] + 2 * inner[1] + 20]
        let found = assembly.model(Tensor([1, 1, 2], shape: [1, 3])).floats
        for (value, reference) in zip(found, expected) { #expect(abs(value - reference) < 1e-4) }
    }

    /// Fresh outputs of standardised features are about as large as asked for.
    @Test(arguments: ProjectorKind.allCases)
    func freshOutputsHaveTheGivenSize(kind: ProjectorKind) throws {
        let size = 400
        let assembly = try projector(size: size, kind: kind, hidden: kind == .linear ? 2 : 300)
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
        let both = try projector(kind: .mlp2xGELU).trainedParameters.map(\.path)
        #expect(
            both == [
                "mm_projector.0.weight", "mm_projector.0.bias", "mm_projector.2.weight",
                "mm_projector.2.bias",
            ])
    }
}
