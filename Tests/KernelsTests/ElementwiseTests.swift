import Kernels
import Testing

@Suite struct ElementwiseTests {
    /// Polynomial exp and rational erf in Float, against the C library in Double; 1 + erf cancels.
    static let tolerance = 1.3e-6

    @Test(arguments: UnaryOperation.allCases)
    func floatFunctionsAreAccurate(_ operation: UnaryOperation) {
        let positive = operation == .logarithm || operation == .squareRoot
        let values = (0..<1003).map { Float($0 - (positive ? -1 : 501)) * 0.017 }
        let single = Elementwise.apply(operation, Scalars(values)).doubles
        let exact = Elementwise.apply(operation, Scalars(values.map(Double.init))).doubles
        for (a, b) in zip(single, exact) {
            #expect(abs(a - b) <= Self.tolerance * (1 + abs(b)), "\(operation): \(a), \(b)")
        }
    }

    @Test func exponentialKeepsItsLimits() {
        let y = Elementwise.apply(
            .exponential, Scalars([-Float.infinity, -200, 88.5, 89, .infinity, .nan] as [Float])
        ).floats
        #expect(y[0] == 0 && y[1] == 0)
        #expect(abs(y[2] / 2.7237e38 - 1) < 1e-3)
        #expect(y[3] == .infinity && y[4] == .infinity && y[5].isNaN)
    }

    /// A score of which exp is infinite, wherever it stands, is found as the greatest of its row.
    @Test(arguments: [1, 5, 31, 32, 33, 64, 65, 100])
    func softmaxOfLargeScoresIsFinite(width: Int) {
        for place in 0..<width {
            var x = [Float](repeating: 0, count: width)
            x[place] = 200
            let y = Reductions.softmax(Scalars(x), width: width).floats
            #expect(y[place] == 1 && y.indices.allSatisfy { $0 == place || y[$0] == 0 })
        }
    }

    @Test func dropoutKeepsTheMeanAndRepeatsItself() {
        let x = Scalars(repeating: 1, count: 100_000, type: .float32)
        let y = Elementwise.dropout(x, rate: 0.3, seed: 11).floats
        let kept = y.filter { $0 != 0 }
        #expect(abs(Double(kept.count) / 100_000 - 0.7) < 0.01)
        #expect(kept.allSatisfy { abs($0 - 1 / 0.7) < 1e-6 })
        #expect(y == Elementwise.dropout(x, rate: 0.3, seed: 11).floats)
        #expect(y != Elementwise.dropout(x, rate: 0.3, seed: 12).floats)
    }

    @Test func sumsOfSquaresAreExactInDouble() {
        let x = (0..<200_001).map { Float($0 % 7) }
        let expected = x.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(Reductions.sumOfSquares(Scalars(x)) == expected)
    }
}
