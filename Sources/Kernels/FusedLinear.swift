internal import CKernels

/// Affine maps of rows with what comes before or after them done on the way: no row is written, read
/// and written again, and no memory is taken for results in between.
public enum FusedLinear {
    /// Sizes of x [rows, inputs], weight [outputs, inputs] and y [rows, outputs].
    public struct Sizes: Sendable {
        let rows: Int
        let inputs: Int
        let outputs: Int

        /// Sizes of one map.
        public init(rows: Int, inputs: Int, outputs: Int) {
            self.rows = rows
            self.inputs = inputs
            self.outputs = outputs
        }
    }

    /// y = f(x Wᵀ + bias); f is one of the forms of GELU.
    public static func activated(
        _ x: Scalars, weight: Scalars, bias: Scalars, _ sizes: Sizes, _ operation: UnaryOperation
    ) -> Scalars {
        let y = Scalars(uninitialized: sizes.rows * sizes.outputs, x.type)
        forEachBlock(sizes) { rows, columns in
            let start = rows.lowerBound * sizes.outputs + columns.lowerBound
            product(x, weight, into: y, rows, columns, sizes, beta: 0)
            duet_bias_activation(
                x.type.code, operation.code, rows.count, columns.count, sizes.outputs,
                bias.address(at: columns.lowerBound), y.address(at: start))
        }
        return y
    }

    /// y = residual + x Wᵀ + bias
    public static func added(
        to residual: Scalars, _ x: Scalars, weight: Scalars, bias: Scalars, _ sizes: Sizes
    ) -> Scalars {
        let y = Scalars(uninitialized: sizes.rows * sizes.outputs, x.type)
        forEachBlock(sizes) { rows, columns in
            let start = rows.lowerBound * sizes.outputs + columns.lowerBound
            duet_add_bias(
                x.type.code, rows.count, columns.count, sizes.outputs,
                residual.address(at: start), bias.address(at: columns.lowerBound),
                y.address(at: start))
            product(x, weight, into: y, rows, columns, sizes, beta: 1)
        }
        return y
    }

    /// One block of the result a thread, cut along its longer side.
    private static func forEachBlock(
        _ sizes: Sizes, _ body: @escaping (Range<Int>, Range<Int>) -> Void
    ) {
        if sizes.rows >= sizes.outputs {
            Parallel.ranges(sizes.rows, grain: 8, alignment: 16) { body($0, 0..<sizes.outputs) }
        } else {
            Parallel.ranges(sizes.outputs, grain: 8, alignment: 16) { body(0..<sizes.rows, $0) }
        }
    }

    private static func product(
        _ x: Scalars, _ weight: Scalars, into y: Scalars, _ rows: Range<Int>,
        _ columns: Range<Int>, _ sizes: Sizes, beta: Double
    ) {
        MatrixProduct.product(
            m: rows.count, n: columns.count, k: sizes.inputs, type: x.type,
            a: x.address(at: rows.lowerBound * sizes.inputs), false, sizes.inputs,
            b: weight.address(at: columns.lowerBound * sizes.inputs), true, sizes.inputs,
            c: y.address(at: rows.lowerBound * sizes.outputs + columns.lowerBound),
            sizes.outputs, 1, beta)
    }
}
