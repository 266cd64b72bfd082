import Kernels
import Layers
import Tensors
import Testing

@Suite struct LinearTests {
    private static let parts: [MergedLinear.Part] = [
        .init("q", outputs: 3, hasBias: true), .init("k", outputs: 2),
        .init("v", outputs: 2, hasBias: true),
    ]
    private static let inputs = 4

    private static func input() -> Tensor {
        Tensor((0..<8).map { Float($0) / 4 - 1 }, shape: [2, inputs])
    }

    private static func assemble<Model>(
        _ plan: TrainingPlan, _ build: (Scope) throws -> Model
    ) throws -> Assembly<Model> {
        try Blueprint(source: DictionaryWeights([:]), plan: plan, fresh: ["*"], seed: 7)
            .assemble(build)
    }

    private static func adaptation(dropoutRate: Double = 0) throws -> LowRankAdaptation {
        try LowRankAdaptation(
            targets: .suffixes(["q", "v"]), rank: 2, alpha: 4, dropoutRate: dropoutRate)
    }

    @Test func mergedEqualsItsPartsSideBySide() throws {
        let merged = try Self.assemble(.frozen) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let single = try Self.assemble(.frozen) { scope in
            try Self.parts.map {
                try Linear(
                    inputs: Self.inputs, outputs: $0.outputs, hasBias: $0.hasBias,
                    at: scope / $0.name)
            }
        }
        let x = Self.input()
        let expected = Tensor.concatenated(single.model.map { $0(x) }, axis: 1)
        #expect(merged.model(x).floats == expected.floats)
        #expect(
            Set(merged.parameters.map(\.path)) == [
                "q.weight", "k.weight", "v.weight", "q.bias", "v.bias",
            ])
        #expect(
            merged.parameters.allSatisfy { part in
                single.parameters.contains {
                    $0.path == part.path && $0.value.floats == part.value.floats
                }
            })
    }

    @Test func trainedPartsGiveTheSameValuesAndGetGradients() throws {
        let frozen = try Self.assemble(.frozen) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let trained = try Self.assemble(TrainingPlan(trained: ["q", "v.bias"])) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let x = Self.input()
        let y = trained.model(x)
        #expect(y.floats == frozen.model(x).floats)
        let gradients = gradients(of: y.sum())
        for parameter in trained.parameters {
            let isReached = gradients[parameter.key] != nil
            #expect(isReached == parameter.isTrained, "\(parameter.path)")
        }
        #expect(trained.trainedParameters.map(\.path) == ["q.weight", "q.bias", "v.bias"])
    }

    @Test func freshAdaptersChangeNothingAndOnlyTheyAreTrained() throws {
        let plain = try Self.assemble(.frozen) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let plan = TrainingPlan(adaptation: try Self.adaptation())
        let adapted = try Self.assemble(plan) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let x = Self.input()
        #expect(adapted.model(x).floats == plain.model(x).floats)
        #expect(
            adapted.trainedParameters.map(\.path) == [
                "q.lora_A.weight", "q.lora_B.weight", "v.lora_A.weight", "v.lora_B.weight",
            ])
        #expect(adapted.adapters.map(\.module) == ["q", "v"])
    }

    @Test func adaptersActOnTheirOwnRowsAsTheirMergedWeightWould() throws {
        let plan = TrainingPlan(adaptation: try Self.adaptation())
        let adapted = try Self.assemble(plan) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let x = Self.input()
        let before = adapted.model(x)
        let adapter = try #require(adapted.adapters.last)
        try adapter.b.assign(Tensor([1, 2, 3, 4], shape: [2, 2]))
        let change = (adapted.model(x) - before).floats
        let expected = x.linear(adapter.weightChange).floats
        for row in 0..<2 {
            for column in 0..<7 {
                let wanted = column < 5 ? 0 : expected[row * 2 + column - 5]
                #expect(abs(change[row * 7 + column] - wanted) < 1e-5)
            }
        }
    }

    @Test func dropoutIsAFunctionOfTheSeedAndOffWithoutOne() throws {
        let plan = TrainingPlan(adaptation: try Self.adaptation(dropoutRate: 0.5))
        let adapted = try Self.assemble(plan) {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        for adapter in adapted.adapters {
            try adapter.b.assign(Tensor.filled(1, shape: adapter.b.shape))
        }
        let x = Tensor.filled(1, shape: [32, Self.inputs])
        let first = adapted.model(x, dropoutSeed: 1).floats
        #expect(first == adapted.model(x, dropoutSeed: 1).floats)
        #expect(first != adapted.model(x, dropoutSeed: 2).floats)
        #expect(first != adapted.model(x).floats)
    }

    @Test func modelsBuiltInDoubleComputeInDouble() throws {
        let blueprint = Blueprint(
            source: DictionaryWeights([:]), plan: .everything, fresh: ["*"], scalarType: .float64)
        let assembly = try blueprint.assemble {
            try MergedLinear(Self.parts, inputs: Self.inputs, at: $0)
        }
        let y = assembly.model(Self.input().converted(to: .float64))
        #expect(y.scalarType == .float64)
        #expect(assembly.parameters.allSatisfy { $0.value.scalarType == .float64 })
    }
}
