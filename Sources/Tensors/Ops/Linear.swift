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
        linear(.tensor(weight), bias: bias, adapters: adapters)
    }

    /// The same with a weight that may be as its file stores it.
    public func linear(
        _ weight: Weight, bias: Tensor? = nil, adapters: [LowRankAdapter] = []
    ) -> Tensor {
        precondition(
            rank == 2 && weight.shape.count == 2 && shape[1] == weight.shape[1]
                && (bias.map { $0.shape == [weight.shape[0]] } ?? true)
                && scalarType == weight.scalarType,
            "linear: \(shape) × \(weight.shape)ᵀ + \(bias?.shape ?? []) "
                + "(\(scalarType), \(weight.scalarType))")
        let map = LinearMap(
            rows: shape[0], weight: weight.detached(),
            groups: AdapterGroup.of(adapters),
            needs: .init(
                input: isTracked, weight: weight.isTracked, bias: bias?.isTracked ?? false))
        let (y, projections) = map.forward(scalars, bias: bias?.detached())
        let inputs =
            [self, weight.history, bias ?? Tensor.zeros([0])] + adapters.flatMap { [$0.a, $0.b] }
        let x = weight.isTracked || !adapters.isEmpty ? kept : nil
        return y.derived(from: inputs) { dy in map.pullback(dy, x: x?.scalars, projections) }
    }
}

/// Adapters that see the same input: their first factors make one product.
private struct AdapterGroup: Sendable {
    private let adapters: [LowRankAdapter]
    /// All first factors, one below the other: [r, in].
    let a: Matrix
    let rank: Int

    /// Adapters side by side where none drops inputs, else each by itself; the order is kept.
    static func of(_ adapters: [LowRankAdapter]) -> [AdapterGroup] {
        if adapters.isEmpty { return [] }
        return adapters.allSatisfy({ $0.dropoutRate == 0 })
            ? [AdapterGroup(adapters)] : adapters.map { AdapterGroup([$0]) }
    }

    private init(_ adapters: [LowRankAdapter]) {
        self.adapters = adapters.map {
            LowRankAdapter(
                a: $0.a.detached(), b: $0.b.detached(), scale: $0.scale, outputs: $0.outputs,
                dropoutRate: $0.dropoutRate, dropoutSeed: $0.dropoutSeed)
        }
        let joined =
            adapters.count == 1
            ? adapters[0].a : Tensor.concatenated(self.adapters.map(\.a), axis: 0)
        rank = joined.shape[0]
        a = Matrix(joined.scalars, rows: rank, columns: joined.shape[1])
    }

    /// What the adapters see of x, and the way back through it.
    func dropped(_ x: Scalars) -> Scalars {
        let first = adapters[0]
        return first.dropoutRate == 0
            ? x : Elementwise.dropout(x, rate: first.dropoutRate, seed: first.dropoutSeed)
    }

    var dropsInputs: Bool { adapters[0].dropoutRate > 0 }

    /// Each adapter with the columns of a [t, r] matrix that are its own.
    func forEach(_ u: Scalars, rows: Int, _ body: (LowRankAdapter, Matrix) -> Void) {
        var start = 0
        for adapter in adapters {
            body(
                adapter,
                Matrix(u, start: start, rows: rows, columns: adapter.rank, stride: rank))
            start += adapter.rank
        }
    }

    /// Rows of the joined first factors' gradient as the gradients of each.
    func gradients(da: Scalars, db: [Tensor]) -> [Tensor?] {
        var start = 0
        return zip(adapters, db).flatMap { adapter, db -> [Tensor?] in
            let part = da.part(from: start * a.columns, count: adapter.rank * a.columns)
            start += adapter.rank
            return [Tensor(part, shape: adapter.a.shape), db]
        }
    }
}

/// The arithmetic of `linear`, on detached tensors.
private struct LinearMap: Sendable {
    struct Needs: Sendable { let input: Bool, weight: Bool, bias: Bool }

    let rows: Int
    let weight: Weight
    let groups: [AdapterGroup]
    let needs: Needs

    private var inputs: Int { weight.shape[1] }
    private var outputs: Int { weight.shape[0] }

    private func columns(_ range: Range<Int>, of y: Scalars) -> Matrix {
        Matrix(
            y, start: range.lowerBound, rows: rows, columns: range.count, stride: outputs)
    }

    private func new(_ rows: Int, _ columns: Int) -> Scalars {
        Scalars(uninitialized: rows * columns, weight.scalarType)
    }

    /// y, and u = dropout(x) aᵀ of every group.
    func forward(_ x: Scalars, bias: Tensor?) -> (Tensor, [Scalars]) {
        let y: Scalars
        if let bias {
            y = Movement.strided(bias.scalars, shape: [rows, outputs], strides: [0, 1])
        } else {
            y = new(rows, outputs)
        }
        var additions: [LowRankAddition] = []
        let projections = groups.map { group in
            let u = new(rows, group.rank)
            MatrixProduct.multiply(
                Matrix(group.dropped(x), rows: rows, columns: inputs), .plain(group.a),
                transposingB: true, into: Matrix(u, rows: rows, columns: group.rank))
            group.forEach(u, rows: rows) { adapter, part in
                additions.append(
                    LowRankAddition(
                        columns: adapter.outputs, left: part, adapter.bMatrix,
                        transposingRight: true, factor: adapter.scale))
            }
            return u
        }
        MatrixProduct.multiply(
            Matrix(x, rows: rows, columns: inputs), weight.matrix, transposingB: true,
            into: Matrix(y, rows: rows, columns: outputs), beta: bias == nil ? 0 : 1,
            adding: additions)
        return (Tensor(y, shape: [rows, outputs]), projections)
    }

    /// Gradients of x, weight, bias, and a and b of every adapter; `x` is needed for those of the
    /// weight and the adapters.
    func pullback(_ dy: Tensor, x: Scalars?, _ projections: [Scalars]) -> [Tensor?] {
        let dyMatrix = Matrix(dy.scalars, rows: rows, columns: outputs)
        let dx = needs.input ? new(rows, inputs) : nil
        let du = x == nil ? [] : groups.map { inputGradient(of: $0, dy: dy.scalars) }
        if let dx {
            MatrixProduct.multiply(
                dyMatrix, weight.matrix, into: Matrix(dx, rows: rows, columns: inputs),
                adding: zip(groups, du).filter { !$0.0.dropsInputs }.map { group, du in
                    LowRankAddition(columns: 0..<inputs, left: du, group.a)
                })
        }
        var result: [Tensor?] = [nil, nil, nil]
        if needs.weight, let x {
            let dweight = new(outputs, inputs)
            MatrixProduct.multiply(
                dyMatrix, transposingA: true, Matrix(x, rows: rows, columns: inputs),
                into: Matrix(dweight, rows: outputs, columns: inputs))
            result[1] = Tensor(dweight, shape: weight.shape)
        }
        if needs.bias { result[2] = Broadcasting.reduce(dy, to: [outputs]) }
        if let x {
            for (index, group) in groups.enumerated() {
                result += pullback(
                    group, projections[index], du: du[index], dy: dy.scalars, x: x)
                if let dx, group.dropsInputs { addDropped(du[index], group, to: dx) }
            }
        }
        result[0] = dx.map { Tensor($0, shape: [rows, inputs]) }
        return result
    }

    /// du = scale · dy b, adapters side by side: [t, r]
    private func inputGradient(of group: AdapterGroup, dy: Scalars) -> Matrix {
        let du = new(rows, group.rank)
        group.forEach(du, rows: rows) { adapter, part in
            MatrixProduct.multiply(
                columns(adapter.outputs, of: dy), adapter.bMatrix, into: part,
                alpha: adapter.scale)
        }
        return Matrix(du, rows: rows, columns: group.rank)
    }

    private func pullback(
        _ group: AdapterGroup, _ u: Scalars, du: Matrix, dy: Scalars, x: Scalars
    ) -> [Tensor?] {
        var db: [Tensor] = []
        group.forEach(u, rows: rows) { adapter, part in
            let gradient = new(adapter.outputs.count, adapter.rank)
            MatrixProduct.multiply(
                columns(adapter.outputs, of: dy), transposingA: true, part,
                into: Matrix(gradient, rows: adapter.outputs.count, columns: adapter.rank),
                alpha: adapter.scale)
            db.append(Tensor(gradient, shape: adapter.b.shape))
        }
        let da = new(group.rank, inputs)
        MatrixProduct.multiply(
            du, transposingA: true, Matrix(group.dropped(x), rows: rows, columns: inputs),
            into: Matrix(da, rows: group.rank, columns: inputs))
        return group.gradients(da: da, db: db)
    }

    private func addDropped(_ du: Matrix, _ group: AdapterGroup, to dx: Scalars) {
        let through = new(rows, inputs)
        MatrixProduct.multiply(
            du, group.a, into: Matrix(through, rows: rows, columns: inputs))
        Elementwise.add(group.dropped(through), to: dx)
    }
}

extension LowRankAdapter {
    fileprivate var bMatrix: Matrix {
        Matrix(b.scalars, rows: b.shape[0], columns: b.shape[1])
    }
}
