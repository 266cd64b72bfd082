import Kernels
import TestKit
import Tensors
import Testing

@Suite struct MatrixProductTests {
    static let sizes = [(1, 1, 1), (3, 5, 7), (17, 33, 9), (64, 48, 80), (0, 4, 3), (130, 65, 70)]

    @Test(arguments: sizes, [(false, false), (true, false), (false, true), (true, true)])
    func equalsTheNaiveSum(_ size: (Int, Int, Int), _ transposed: (Bool, Bool)) {
        let (m, k, n) = size
        let a = GradientCheck.fixedValues(transposed.0 ? [k, m] : [m, k], seed: 1).doubles
        let b = GradientCheck.fixedValues(transposed.1 ? [n, k] : [k, n], seed: 2).doubles
        let start = GradientCheck.fixedValues([m, n], seed: 3).doubles
        let result = Scalars(start)
        MatrixProduct.multiply(
            Matrix(Scalars(a), rows: transposed.0 ? k : m, columns: transposed.0 ? m : k),
            transposingA: transposed.0,
            Matrix(Scalars(b), rows: transposed.1 ? n : k, columns: transposed.1 ? k : n),
            transposingB: transposed.1, into: Matrix(result, rows: m, columns: n), alpha: 0.5,
            beta: 2)
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for l in 0..<k {
                    sum +=
                        a[transposed.0 ? l * m + i : i * k + l]
                        * b[transposed.1 ? j * k + l : l * n + j]
                }
                #expect(abs(result.doubles[i * n + j] - (0.5 * sum + 2 * start[i * n + j])) < 1e-12)
                if i > 3 { break }  // some columns of later rows are enough
            }
        }
    }

    @Test func writesOnlyItsOwnBlock() {
        let result = Scalars(repeating: 7, count: 4 * 6, type: .float32)
        MatrixProduct.multiply(
            Matrix(Scalars([Float](repeating: 1, count: 6)), rows: 2, columns: 3),
            Matrix(Scalars([Float](repeating: 2, count: 6)), rows: 3, columns: 2),
            into: Matrix(result, start: 8, rows: 2, columns: 2, stride: 6))
        let expected: [Float] = [
            7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 7, 7, 7, 7, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7,
        ]
        #expect(result.floats == expected)
    }

    /// (m, k, n): every remainder of rows, columns on both sides of a register and a panel, several
    /// passes over k, rows of a that share cache sets.
    static let floatSizes =
        (16...29).map { ($0, 37, 50) } + [1, 15, 16, 17, 31, 33, 383, 385].map { (24, 40, $0) }
        + [(25, 321, 20), (40, 1024, 48), (33, 2048, 17), (300, 64, 200)]

    @Test(arguments: floatSizes, [(false, false), (true, false), (false, true), (true, true)])
    func floatsEqualDoubles(_ size: (Int, Int, Int), _ transposed: (Bool, Bool)) {
        let (m, k, n) = size
        let a = GradientCheck.fixedValues([m * k], seed: 1).doubles
        let b = GradientCheck.fixedValues([k * n], seed: 2).doubles
        // Rows of the result are wider than what is written.
        let start = GradientCheck.fixedValues([m * (n + 3)], seed: 3).doubles
        func product(_ type: ScalarType, beta: Double) -> [Double] {
            func scalars(_ values: [Double]) -> Scalars {
                Scalars(values.map { Float($0) }).converted(to: type)
            }
            let result = scalars(start)
            MatrixProduct.multiply(
                Matrix(scalars(a), rows: transposed.0 ? k : m, columns: transposed.0 ? m : k),
                transposingA: transposed.0,
                Matrix(scalars(b), rows: transposed.1 ? n : k, columns: transposed.1 ? k : n),
                transposingB: transposed.1,
                into: Matrix(result, rows: m, columns: n, stride: n + 3), alpha: 0.75, beta: beta)
            return result.doubles
        }
        for beta in [0.0, 1] {
            let difference = zip(product(.float32, beta: beta), product(.float64, beta: beta))
                .map { abs($0 - $1) }.max()!
            #expect(difference < max(1e-5, 3e-8 * Double(k)), "beta \(beta): \(difference)")
        }
    }
}
