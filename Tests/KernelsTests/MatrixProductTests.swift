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
}
