import Foundation
import Kernels
import TestKit
import Tensors
import Testing

@Suite struct OpCatalogTests {
    /// Central differences with a step of 1e-5 in Double: rounding 1e-11, truncation 1e-10.
    static let tolerance = 1e-7

    /// Says the largest error of all, too.
    @Test func gradientsEqualCentralDifferences() {
        let errors = OpCatalog.cases.map { op in
            (op: op, value: GradientCheck.maximumError(of: op.inputs, function: op.function))
        }
        for error in errors {
            #expect(error.value < Self.tolerance, "\(error.op): \(error.value)")
        }
        guard let largest = errors.max(by: { $0.value < $1.value }) else { return }
        print("catalogue of operations: largest error \(largest.value), of \(largest.op)")
    }

    /// The same operation in Float stays close to Double.
    @Test(arguments: OpCatalog.cases)
    func floatEqualsDouble(_ op: OpCase) {
        guard !["rotated"].contains(op.name) else { return }  // its table is made in Double
        let exact = op.function(op.inputs).doubles
        let single = op.function(op.inputs.map { $0.converted(to: .float32) }).doubles
        for (a, b) in zip(exact, single) { #expect(abs(a - b) < 1e-5 * (1 + abs(a))) }
        #expect(exact.count == single.count)
    }

    @Test func everyPublicOperationIsInTheCatalogue() throws {
        let folder = Fixtures.projectRoot.appendingPathComponent("Sources/Tensors/Ops")
        let pattern = try Regex(#"public (?:static )?func (\w+|[-+*/])"#)
        var names: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            for match in text.matches(of: pattern) {
                if let name = match.output[1].substring { names.insert(String(name)) }
            }
        }
        names.remove("same")  // a padding, not an operation
        #expect(names.count > 30)
        #expect(names.subtracting(OpCatalog.cases.map(\.name)) == [])
    }
}

@Suite struct DerivationTests {
    @Test func longChainsAreReleasedWithoutRecursion() {
        var x = Tensor.filled(1, shape: [1]).tracked(as: 0)
        for _ in 0..<200_000 { x = x.adding(1) }
        #expect(x.item == 200_001)
    }

    @Test func aLongChainIsSwept() throws {
        var x = Tensor.filled(1, shape: [1]).tracked(as: 0)
        for _ in 0..<20_000 { x = x.scaled(by: 1) }
        let gradient = try #require(gradients(of: x)[0])
        #expect(gradient.floats == [1])
    }

    @Test func untrackedInputsBuildNoGraph() {
        let y = (Tensor([1, 2], shape: [2]) * Tensor([3, 4], shape: [2])).sum()
        #expect(!y.isTracked)
        #expect(gradients(of: y).keys == [])
    }

    @Test func nothingIsRecordedWithoutGradients() {
        let y = withoutGradients { Tensor([3], shape: [1]).tracked(as: 0).scaled(by: 2) }
        #expect(!y.isTracked)
        #expect(Tensor([3], shape: [1]).tracked(as: 0).isTracked)
    }

    @Test func aLeafUsedTwiceGetsTheSum() throws {
        let x = Tensor([3], shape: [1]).tracked(as: 7)
        let gradient = try #require(gradients(of: (x * x + x).sum())[7])
        #expect(gradient.floats == [7])
    }

    @Test func accumulationAddsScaledParts() throws {
        var total = Gradients()
        let x = Tensor([3], shape: [1]).tracked(as: 0)
        total.add(gradients(of: x.scaled(by: 2).sum()))
        total.add(gradients(of: x.scaled(by: 5).sum()), scale: 0.5)
        #expect(try #require(total[0]).floats == [4.5])
    }

    @Test func aSecondSweepOfTheSameGraphTraps() async {
        await #expect(processExitsWith: .failure) {
            let loss = Tensor([3], shape: [1]).tracked(as: 0).scaled(by: 2).sum()
            _ = gradients(of: loss)
            _ = gradients(of: loss)
        }
    }

    @Test func disagreeingShapesTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([2, 3]) + Tensor.zeros([2, 4])
        }
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([2, 3]).matmul(Tensor.zeros([2, 4]))
        }
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([2, 3]).gatheringRows([2])
        }
    }
}
