import Kernels
import Layers
import Tensors
import Testing

@Suite struct BlueprintTests {
    private static func weights(_ shapes: [String: [Int]]) -> DictionaryWeights {
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for (path, shape) in shapes {
            let count = shape.reduce(1, *)
            tensors[path] = (shape, (0..<count).map { Float($0) / 8 })
        }
        return DictionaryWeights(tensors)
    }

    @Test func everyProblemIsListedAtOnceWithTheNearestName() throws {
        let source = Self.weights(["a.weight": [2, 2], "b.weight": [3, 2], "c.weigth": [2, 2]])
        let blueprint = Blueprint(source: source)
        let error = try #require(throws: LayerError.self) {
            try blueprint.assemble { scope in
                try ["a", "b", "c"].map { try Linear(inputs: 2, outputs: 2, at: scope / $0) }
            }
        }
        #expect(error.kind == .weights)
        #expect(
            error.description
                == "3 tensors in memory: 1 missing, 1 of another shape, 1 unused: c.weight [2, 2] is "
                + "missing (unused and nearest: c.weigth), b.weight is [3, 2], expected [2, 2]; "
                + "check that configuration and weights belong together")
    }

    @Test func reportTellsLoadedFreshAndUnused() throws {
        let source = Self.weights(["a.weight": [2, 2], "z": [1]])
        let assembly = try Blueprint(source: source, fresh: ["b"]).assemble { scope in
            try ["a", "b"].map { try Linear(inputs: 2, outputs: 2, at: scope / $0) }
        }
        #expect(assembly.report.loaded == ["a.weight"])
        #expect(assembly.report.initialized == ["b.weight"])
        #expect(assembly.report.unused == ["z"])
        #expect(assembly.parameters.map(\.path) == ["a.weight", "b.weight"])
        #expect(assembly.trainedParameters.isEmpty)
    }

    @Test func freshValuesAreAFunctionOfSeedAndPath() throws {
        func values(seed: UInt64, name: String) throws -> [Float] {
            try Blueprint(source: DictionaryWeights([:]), fresh: ["*"], seed: seed)
                .assemble { try Linear(inputs: 16, outputs: 4, at: $0 / name) }
                .parameters[0].value.floats
        }
        let first = try values(seed: 1, name: "a")
        #expect(try first == values(seed: 1, name: "a"))
        #expect(try first != values(seed: 2, name: "a"))
        #expect(try first != values(seed: 1, name: "b"))
        #expect(first.allSatisfy { abs($0) < 0.25 })
    }

    @Test func hugeShapesThatTheSourceLacksAreNotAllocated() throws {
        let blueprint = Blueprint(source: Self.weights(["a.weight": [2, 2]]))
        #expect(throws: LayerError.self) {
            try blueprint.assemble { scope in
                try Linear(inputs: 1 << 30, outputs: 1 << 30, at: scope / "a")
            }
        }
    }

    @Test func patternsThatMeanNothingAreErrors() throws {
        let source = Self.weights(["a.weight": [2, 2]])
        let plan = TrainingPlan(trained: ["projector"])
        let error = try #require(throws: LayerError.self) {
            try Blueprint(source: source, plan: plan).assemble { scope in
                try Linear(inputs: 2, outputs: 2, at: scope / "a")
            }
        }
        #expect(error.kind == .plan)
        #expect(error.detail.contains("'projector'"))

        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj", "a"]), rank: 2, alpha: 4)
        let unmatched = try #require(throws: LayerError.self) {
            try Blueprint(source: source, plan: TrainingPlan(adaptation: adaptation))
                .assemble { try Linear(inputs: 2, outputs: 2, at: $0 / "a") }
        }
        #expect(
            unmatched.description
                == "lora targets: no linear map matches 'q_proj'; this model has a")
    }

    @Test func onlyTrainedParametersTakeValuesOfTheirShapeAndType() throws {
        let source = Self.weights(["a.weight": [2, 2], "b.weight": [2, 2]])
        let assembly = try Blueprint(source: source, plan: TrainingPlan(trained: ["a"]))
            .assemble { scope in
                try ["a", "b"].map { try Linear(inputs: 2, outputs: 2, at: scope / $0) }
            }
        let (trained, frozen) = (assembly.parameters[0], assembly.parameters[1])
        try trained.assign(Tensor.zeros([2, 2]))
        #expect(trained.value.floats == [0, 0, 0, 0])
        #expect(throws: LayerError.self) { try frozen.assign(Tensor.zeros([2, 2])) }
        #expect(throws: LayerError.self) { try trained.assign(Tensor.zeros([4])) }
        #expect(throws: LayerError.self) {
            try trained.assign(Tensor.zeros([2, 2], type: .float64))
        }
    }

    @Test func theFirstSourceThatHasAPathWins() throws {
        let combined = CombinedWeights([
            DictionaryWeights(["a": ([1], [1])]),
            DictionaryWeights(["a": ([1], [2]), "b": ([1], [3])]),
        ])
        #expect(combined.paths == ["a", "b"])
        let values = try ["a", "b"].map { path in
            try Tensor(shape: [1], filling: { try combined.read(path, into: $0) }).floats
        }
        #expect(values == [[1], [3]])
    }
}
