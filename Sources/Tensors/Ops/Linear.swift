internal import Kernels

/// A trained low-rank addition to some outputs of a linear map.
///
/// Formula: y[:, outputs] += scale · dropout(x) aᵀ bᵀ
/// Source: Hu et al. 2021 (arXiv:2106.09685)
public struct LowRankAdapter: Sendable {
    /// [r, in]
    public let a: Tensor
    /// [outputs.count, r]
    public let b: Tensor
    /// α / r, or α / √r (rsLoRA).
    public let scale: Double
    /// The outputs it adds to.
    public let outputs: Range<Int>
    /// Dropout of its input; rate 0 for none.
    public let dropoutRate: Double
    /// Decides the dropped elements.
    public let dropoutSeed: UInt64

    /// Traps when the shapes disagree.
    public init(
        a: Tensor, b: Tensor, scale: Double, outputs: Range<Int>, dropoutRate: Double = 0,
        dropoutSeed: UInt64 = 0
    ) {
        precondition(
            a.rank == 2 && b.shape == [outputs.count, a.shape[0]],
            "adapter: a \(a.shape), b \(b.shape) for \(outputs.count) outputs")
        self.a = a
        self.b = b
        self.scale = scale
        self.outputs = outputs
        self.dropoutRate = dropoutRate
        self.dropoutSeed = dropoutSeed
    }

    var rank: Int { a.shape[0] }
}

extension Tensor {
    /// An affine map of rows, with low-rank additions to some of its outputs.
    ///
    /// Formula: y = x Wᵀ + bias + Σ scale · (x aᵀ) bᵀ
    /// Shapes: x [t, in], weight [out, in], bias [out] → [t, out]
    /// Pullback: dx = dy W + Σ du a, dW = dyᵀ x, dbias = Σ dy, and for every adapter with u = x aᵀ and
    /// du = scale · dy b: da = duᵀ x, db = scale · dyᵀ u
    public func linear(
        _ weight: Tensor, bias: Tensor? = nil, adapters: [LowRankAdapter] = []
    ) -> Tensor {
        precondition(
            rank == 2 && weight.rank == 2 && shape[1] == weight.shape[1]
                && (bias.map { $0.shape == [weight.shape[0]] } ?? true)
                && scalarType == weight.scalarType,
            "linear: \(shape) × \(weight.shape)ᵀ + \(bias?.shape ?? []) "
                + "(\(scalarType), \(weight.scalarType))")
        let map = LinearMap(
            x: detached(), weight: weight.detached(), adapters: adapters.map { $0.detached() },
            needs: .init(
                input: isTracked, weight: weight.isTracked, bias: bias?.isTracked ?? false))
        let (y, projections) = map.forward(bias: bias?.detached())
        let inputs =
            [self, weight, bias ?? Tensor.zeros([0])] + adapters.flatMap { [$0.a, $0.b] }
        return y.derived(from: inputs) { dy in map.pullback(dy, projections) }
    }
}

extension LowRankAdapter {
    fileprivate func detached() -> LowRankAdapter {
        LowRankAdapter(
            a: a.detached(), b: b.detached(), scale: scale, outputs: outputs,
            dropoutRate: dropoutRate, dropoutSeed: dropoutSeed)
    }

    fileprivate func dropped(_ x: Scalars) -> Scalars {
        dropoutRate == 0 ? x : Elementwise.dropout(x, rate: dropoutRate, seed: dropoutSeed)
    }
}

/// The arithmetic of `linear`, on detached tensors.
private struct LinearMap: Sendable {
    struct Needs: Sendable { let input: Bool, weight: Bool, bias: Bool }

    let x: Tensor
    let weight: Tensor
    let adapters: [LowRankAdapter]
    let needs: Needs

    private var rows: Int { x.shape[0] }
    private var inputs: Int { x.shape[1] }
    private var outputs: Int { weight.shape[0] }
    private var xMatrix: Matrix { Matrix(x.scalars, rows: rows, columns: inputs) }
    private var weightMatrix: Matrix { Matrix(weight.scalars, rows: outputs, columns: inputs) }

    private func matrix(_ tensor: Tensor) -> Matrix {
        Matrix(tensor.scalars, rows: tensor.shape[0], columns: tensor.shape[1])
    }

    private func columns(_ range: Range<Int>, of y: Scalars) -> Matrix {
        Matrix(
            y, start: range.lowerBound, rows: rows, columns: range.count, stride: outputs)
    }

    private func new(_ rows: Int, _ columns: Int) -> Scalars {
        Scalars(uninitialized: rows * columns, x.scalarType)
    }

    /// y, and u = dropout(x) aᵀ of every adapter.
    func forward(bias: Tensor?) -> (Tensor, [Scalars]) {
        let y: Scalars
        if let bias {
            y = Movement.strided(bias.scalars, shape: [rows, outputs], strides: [0, 1])
        } else {
            y = new(rows, outputs)
        }
        MatrixProduct.multiply(
            xMatrix, weightMatrix, transposingB: true,
            into: Matrix(y, rows: rows, columns: outputs), beta: bias == nil ? 0 : 1)
        let projections = adapters.map { adapter in
            let u = new(rows, adapter.rank)
            MatrixProduct.multiply(
                Matrix(adapter.dropped(x.scalars), rows: rows, columns: inputs),
                matrix(adapter.a), transposingB: true,
                into: Matrix(u, rows: rows, columns: adapter.rank))
            MatrixProduct.multiply(
                Matrix(u, rows: rows, columns: adapter.rank), matrix(adapter.b),
                transposingB: true, into: columns(adapter.outputs, of: y),
                alpha: adapter.scale, beta: 1)
            return u
        }
        return (Tensor(y, shape: [rows, outputs]), projections)
    }

    /// Gradients of x, weight, bias, and a and b of every adapter.
    func pullback(_ dy: Tensor, _ projections: [Scalars]) -> [Tensor?] {
        let dx = needs.input ? new(rows, inputs) : nil
        if let dx {
            MatrixProduct.multiply(
                matrix(dy), weightMatrix, into: Matrix(dx, rows: rows, columns: inputs))
        }
        var result: [Tensor?] = [dx.map { Tensor($0, shape: x.shape) }, nil, nil]
        if needs.weight {
            let dweight = new(outputs, inputs)
            MatrixProduct.multiply(
                matrix(dy), transposingA: true, xMatrix,
                into: Matrix(dweight, rows: outputs, columns: inputs))
            result[1] = Tensor(dweight, shape: weight.shape)
        }
        if needs.bias { result[2] = Broadcasting.reduce(dy, to: [outputs]) }
        for (adapter, u) in zip(adapters, projections) {
            result += pullback(adapter, u, dy: dy.scalars, dx: dx)
        }
        return result
    }

    private func pullback(
        _ adapter: LowRankAdapter, _ u: Scalars, dy: Scalars, dx: Scalars?
    ) -> [Tensor?] {
        let part = columns(adapter.outputs, of: dy)
        let du = new(rows, adapter.rank)
        let duMatrix = Matrix(du, rows: rows, columns: adapter.rank)
        MatrixProduct.multiply(part, matrix(adapter.b), into: duMatrix, alpha: adapter.scale)
        let db = new(adapter.outputs.count, adapter.rank)
        MatrixProduct.multiply(
            part, transposingA: true, Matrix(u, rows: rows, columns: adapter.rank),
            into: Matrix(db, rows: adapter.outputs.count, columns: adapter.rank),
            alpha: adapter.scale)
        let da = new(adapter.rank, inputs)
        MatrixProduct.multiply(
            duMatrix, transposingA: true,
            Matrix(adapter.dropped(x.scalars), rows: rows, columns: inputs),
            into: Matrix(da, rows: adapter.rank, columns: inputs))
        if let dx {
            if adapter.dropoutRate == 0 {
                MatrixProduct.multiply(
                    duMatrix, matrix(adapter.a),
                    into: Matrix(dx, rows: rows, columns: inputs), beta: 1)
            } else {
                let through = new(rows, inputs)
                MatrixProduct.multiply(
                    duMatrix, matrix(adapter.a),
                    into: Matrix(through, rows: rows, columns: inputs))
                Elementwise.add(adapter.dropped(through), to: dx)
            }
        }
        return [
            Tensor(da, shape: [adapter.rank, inputs]),
            Tensor(db, shape: [adapter.outputs.count, adapter.rank]),
        ]
    }
}
