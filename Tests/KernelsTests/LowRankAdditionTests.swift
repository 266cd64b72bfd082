import Kernels
import TestKit
import Tensors
import Testing

@Suite struct LowRankAdditionTests {
    /// (rows, inputs, outputs): more rows than outputs, fewer, several passes over the inputs.
    @Test(
        arguments: [(150, 40, 96), (70, 33, 300), (64, 1200, 80)],
        [(false, 0.0), (true, 0), (false, 1), (true, 1)])
    func equalsTheSumOfProducts(
        _ size: (rows: Int, inputs: Int, outputs: Int), _ kind: (transposed: Bool, beta: Double)
    ) {
        let (transposed, beta) = kind
        // Columns 0..<30 and 37..<77 have an addition, the others none; given out of order.
        let ranges = [37..<77, 0..<30]
        let ranks = [5, 16]
        func result(_ type: ScalarType) -> [Double] {
            func matrix(_ rows: Int, _ columns: Int, seed: Int) -> Matrix {
                let values = GradientCheck.fixedValues([rows * columns], seed: seed).doubles
                return Matrix(
                    Scalars(values.map { Float($0) }).converted(to: type), rows: rows,
                    columns: columns)
            }
            let memory = Scalars(
                GradientCheck.fixedValues([size.rows * size.outputs], seed: 9).floats
            ).converted(to: type)
            let additions = zip(ranges, ranks).enumerated().map { index, part in
                let (columns, rank) = part
                return LowRankAddition(
                    columns: columns, left: matrix(size.rows, rank, seed: 3 + index),
                    transposed
                        ? matrix(columns.count, rank, seed: 5 + index)
                        : matrix(rank, columns.count, seed: 5 + index),
                    transposingRight: transposed, factor: 0.25)
            }
            MatrixProduct.multiply(
                matrix(size.rows, size.inputs, seed: 1),
                .plain(
                    transposed
                        ? matrix(size.outputs, size.inputs, seed: 2)
                        : matrix(size.inputs, size.outputs, seed: 2)),
                transposingB: transposed,
                into: Matrix(memory, rows: size.rows, columns: size.outputs), beta: beta,
                adding: additions)
            return memory.doubles
        }
        // Double knows no joined additions: each is a product of its own there.
        let difference = zip(result(.float32), result(.float64)).map { abs($0 - $1) }.max()!
        #expect(difference < max(1e-5, 3e-8 * Double(size.inputs)), "\(difference)")
    }

    @Test func additionsMayShareColumns() {
        let ones = Matrix(
            Scalars(repeating: 1, count: 64 * 64, type: .float32), rows: 64, columns: 64)
        let memory = Scalars(repeating: 0, count: 64 * 64, type: .float32)
        MatrixProduct.multiply(
            ones, .plain(ones), into: Matrix(memory, rows: 64, columns: 64),
            adding: [
                LowRankAddition(columns: 0..<64, left: ones, ones),
                LowRankAddition(columns: 0..<64, left: ones, ones, factor: 2),
            ])
        #expect(memory.floats.allSatisfy { $0 == 64 * 4 })
    }
}
