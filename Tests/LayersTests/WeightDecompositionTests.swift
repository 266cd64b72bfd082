import Kernels
import Layers
import Tensors
import TestKit
import Testing

@Suite struct WeightDecompositionTests {
    /// Central differences with a step of 1e-5 in Double: rounding 1e-11, truncation 1e-10.
    private static let tolerance = 1e-7
    /// Sums of a few Floats in another order.
    private static let floatTolerance: Float = 1e-5

    private static let parts: [MergedLinear.Part] = [
        .init("q", outputs: 3, hasBias: true), .init("k", outputs: 2), .init("v", outputs: 2),
    ]
    private static let inputs = 4

    private static func assemble(
        dropoutRate: Double = 0, decomposed: Bool = true, type: ScalarType = .float32,
        tensors: [String: (shape: [Int], values: [Float])] = [:], trained: [PathPattern] = []
    ) throws -> Assembly<MergedLinear> {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q", "v"]), rank: 2, alpha: 3, dropoutRate: dropoutRate,
            isWeightDecomposed: decomposed)
        return try Blueprint(
            source: DictionaryWeights(tensors),
            plan: TrainingPlan(trained: trained, adaptation: adaptation), fresh: ["*"], seed: 7,
            scalarType: type
        ).assemble { try MergedLinear(parts, inputs: inputs, at: $0) }
    }

    /// Factors and lengths that matter.
    private static func disturb(_ assembly: Assembly<MergedLinear>) throws {
        for (index, parameter) in assembly.trainedParameters.enumerated() {
            let change = GradientCheck.fixedValues(parameter.shape, seed: 20 + index, scale: 0.4)
            try parameter.assign(
                parameter.value + change.converted(to: parameter.scalarType))
        }
    }

    private static func input(_ type: ScalarType = .float32) -> Tensor {
        GradientCheck.fixedValues([3, inputs], seed: 5).converted(to: type)
    }

    private static func value(_ path: String, _ assembly: Assembly<MergedLinear>) throws -> Tensor {
        try #require(assembly.parameters.first { $0.path == path }).value
    }

    @Test(arguments: [nil, UInt64(3)])
    func freshOnesChangeNothing(dropoutSeed: UInt64?) throws {
        let plain = try Self.assemble(dropoutRate: 0.5, decomposed: false)
        let decomposed = try Self.assemble(dropoutRate: 0.5)
        let x = Self.input()
        let expected = plain.model(x).floats
        let y = decomposed.model(x, dropoutSeed: dropoutSeed).floats
        #expect(zip(y, expected).allSatisfy { abs($0 - $1) < Self.floatTolerance })
        #expect(
            decomposed.trainedParameters.map(\.path)
                == ["q", "v"].flatMap {
                    ["\($0).lora_A.weight", "\($0).lora_B.weight", "\($0).lora_magnitude_vector"]
                })
        let weight = try Self.value("v.weight", decomposed).floats
        let lengths = try Self.value("v.lora_magnitude_vector", decomposed).floats
        for row in 0..<2 {
            let squares = weight[row * 4..<row * 4 + 4].reduce(0) { $0 + $1 * $1 }
            #expect(abs(lengths[row] - squares.squareRoot()) < Self.floatTolerance)
        }
    }

    @Test func theMapIsThatOfTheRescaledWeight() throws {
        let assembly = try Self.assemble()
        try Self.disturb(assembly)
        let x = Self.input()
        let y = assembly.model(x)
        for (adapter, range) in zip(assembly.adapters, [0..<3, 5..<7]) {
            let decomposition = try #require(adapter.decomposition)
            let weight = try Self.value("\(adapter.module).weight", assembly)
            let merged = WeightDecomposition.rescaled(
                weight + adapter.weightChange, to: decomposition.magnitude.value)
            var expected = x.linear(merged)
            if adapter.module == "q" { expected = expected + (try Self.value("q.bias", assembly)) }
            let part = y.slice(axis: 1, range)
            #expect(
                zip(part.floats, expected.floats).allSatisfy {
                    abs($0 - $1) < Self.floatTolerance
                })
        }
        let untouched = x.linear(try Self.value("k.weight", assembly))
        #expect(y.slice(axis: 1, 3..<5).floats == untouched.floats)
    }

    /// The map of `q` and `v` written out, with the rows' lengths given as constants.
    private static func formula(
        _ inputs: [Tensor], _ assembly: Assembly<MergedLinear>, lengths: [Tensor], rate: Double,
        dropoutSeed: UInt64?
    ) throws -> Tensor {
        var columns: [Tensor] = []
        for (index, name) in ["q", "k", "v"].enumerated() {
            let weight = try value("\(name).weight", assembly)
            var y = inputs[0].linear(weight)
            if name != "k" {
                let place = index == 0 ? 1 : 4
                let (a, b, m) = (inputs[place], inputs[place + 1], inputs[place + 2])
                var x = inputs[0]
                if let dropoutSeed {
                    var stream = RandomStream(seed: dropoutSeed, name: name)
                    x = x.dropout(rate: rate, seed: stream.next())
                }
                let gain = m / lengths[index == 0 ? 0 : 1]
                let low = x.linear(a).linear(b).scaled(by: 1.5)
                y = y + x.linear(weight) * gain.adding(-1) + low * gain
            }
            columns.append(name == "q" ? y + (try value("q.bias", assembly)) : y)
        }
        return Tensor.concatenated(columns, axis: 1)
    }

    @Test(arguments: [nil, UInt64(3)])
    func gradientsTakeTheLengthsAsConstants(dropoutSeed: UInt64?) throws {
        let rate = 0.4
        let assembly = try Self.assemble(dropoutRate: rate, type: .float64)
        try Self.disturb(assembly)
        let x = Self.input(.float64)
        let lengths = try assembly.adapters.map { adapter in
            let sum =
                try Self.value("\(adapter.module).weight", assembly) + adapter.weightChange
            return (sum * sum).sum(axes: [1]).squareRoot()
        }
        let values = [x] + assembly.trainedParameters.map(\.value)
        let result = assembly.model(x, dropoutSeed: dropoutSeed)
        let written = try Self.formula(
            values, assembly, lengths: lengths, rate: rate, dropoutSeed: dropoutSeed)
        #expect(
            zip(result.doubles, written.doubles).allSatisfy { abs($0 - $1) < Self.tolerance })

        let key = 1_000
        let weights = GradientCheck.fixedValues(result.shape, seed: 77)
        let found = gradients(
            of: (assembly.model(x.tracked(as: key), dropoutSeed: dropoutSeed) * weights).sum())
        let keys = [key] + assembly.trainedParameters.map(\.key)
        func loss(_ values: [Tensor]) throws -> Double {
            let y = try Self.formula(
                values, assembly, lengths: lengths, rate: rate, dropoutSeed: dropoutSeed)
            return (y * weights).sum().item
        }
        let step = 1e-5
        for (index, value) in values.enumerated() {
            let analytic = try #require(found[keys[index]]).doubles
            for element in analytic.indices {
                let sides = try [step, -step].map { change -> Double in
                    var (moved, all) = (value.doubles, values)
                    moved[element] += change
                    all[index] = Tensor(doubles: moved, shape: value.shape)
                    return try loss(all)
                }
                let numeric = (sides[0] - sides[1]) / (2 * step)
                #expect(abs(numeric - analytic[element]) < Self.tolerance, "\(index), \(element)")
            }
        }
    }

    @Test func theLengthsFollowTheFactors() throws {
        let assembly = try Self.assemble()
        let x = Self.input()
        _ = assembly.model(x)
        try Self.disturb(assembly)
        let again = try Self.assemble(
            tensors: Dictionary(
                uniqueKeysWithValues: assembly.parameters.map {
                    ($0.path, ($0.shape, $0.value.floats))
                }))
        #expect(assembly.model(x).floats == again.model(x).floats)
    }

    @Test func whatCannotBeDecomposedIsNamed() throws {
        let zero = try #require(throws: LayerError.self) {
            try Self.assemble(tensors: ["v.weight": ([2, 4], [1, 2, 3, 4, 0, 0, 0, 0])])
        }
        #expect(
            zero.description
                == "v.weight: row 1 is zero and has no direction to be decomposed into (DoRA); "
                + "adapt other linear maps, or train without weight decomposition")
        let both = try #require(throws: LayerError.self) {
            try Self.assemble(trained: ["q.weight"])
        }
        #expect(both.subject == "q" && both.kind == .plan)
        let missing = try #require(throws: LayerError.self) {
            try Self.assemble(tensors: ["v.weight": ([1, 4], [1, 2, 3, 4])])
        }
        #expect(missing.kind == .weights && missing.detail.contains("v.weight is [1, 4]"))
    }
}
