public import Kernels

extension GELUForm {
    var operation: UnaryOperation {
        switch self {
        case .erf: .geluErf
        case .tanh: .geluTanh
        case .quick: .geluQuick
        }
    }
}

extension Tensor {
    /// An affine map of rows and GELU as one: where no gradient is wanted, the product is activated in
    /// place.
    ///
    /// Formula: y = gelu(x Wᵀ + bias)
    /// Shapes: x [t, in], weight [out, in], bias [out] → [t, out]
    /// Pullback: that of `linear` and of `gelu`
    public func activatedLinear(_ weight: Tensor, bias: Tensor, _ form: GELUForm) -> Tensor {
        guard !isTracked, !weight.isTracked, !bias.isTracked else {
            return linear(weight, bias: bias).gelu(form)
        }
        let sizes = sizes(of: weight, bias, "activatedLinear")
        return Tensor(
            FusedLinear.activated(
                scalars, weight: weight.scalars, bias: bias.scalars, sizes, form.operation),
            shape: [shape[0], weight.shape[0]])
    }

    /// These rows with an affine map of others added, as one.
    ///
    /// Formula: y = self + x Wᵀ + bias
    /// Shapes: self [t, out], x [t, in], weight [out, in], bias [out] → [t, out]
    /// Pullback: dself = dy, and that of `linear`
    public func addingLinear(of x: Tensor, _ weight: Tensor, bias: Tensor) -> Tensor {
        precondition(
            shape == [x.shape[0], weight.shape[0]] && scalarType == x.scalarType,
            "addingLinear: \(x.shape) × \(weight.shape)ᵀ to \(shape)")
        guard !isTracked, !x.isTracked, !weight.isTracked, !bias.isTracked else {
            return self + x.linear(weight, bias: bias)
        }
        let sizes = x.sizes(of: weight, bias, "addingLinear")
        return Tensor(
            FusedLinear.added(
                to: scalars, x.scalars, weight: weight.scalars, bias: bias.scalars, sizes),
            shape: shape)
    }

    private func sizes(
        of weight: Tensor, _ bias: Tensor, _ operation: String
    ) -> FusedLinear.Sizes {
        precondition(
            rank == 2 && weight.rank == 2 && shape[1] == weight.shape[1]
                && bias.shape == [weight.shape[0]] && scalarType == weight.scalarType
                && scalarType == bias.scalarType,
            "\(operation): \(shape) × \(weight.shape)ᵀ + \(bias.shape) (\(scalarType))")
        return FusedLinear.Sizes(
            rows: shape[0], inputs: shape[1], outputs: weight.shape[0])
    }

    /// Attention inside windows of pictures; rows hold queries | keys | values.
    ///
    /// Formula: o = softmax(q kᵀ / √d + bias + mask) v in each window, mask −100 between regions
    /// Shapes: [t, 3 heads d], bias [heads, n, n] for windows of n rows → [t, heads d]
    /// Pullback: that of the same steps one by one, which are taken when a gradient is wanted
    /// Source: Liu et al. 2021 (arXiv:2103.14030)
    /// Traps: when the windows don't cover the rows exactly once
    public func windowAttention(
        headCount: Int, windows: AttentionWindows, bias: Tensor
    ) -> Tensor {
        let n = windows.size
        precondition(
            rank == 2 && shape[1] % (3 * headCount) == 0 && windows.rows.count == shape[0]
                && bias.shape == [headCount, n, n] && scalarType == bias.scalarType,
            "windowAttention: \(shape), bias \(bias.shape), \(windows.count) windows of \(n)")
        let width = shape[1] / 3
        guard !isTracked, !bias.isTracked else {
            return stepwise(headCount: headCount, windows: windows, bias: bias)
        }
        return Tensor(
            WindowAttention.forward(
                scalars, headCount: headCount, width: width, windows: windows,
                bias: bias.scalars),
            shape: [shape[0], width])
    }

    private func stepwise(headCount: Int, windows: AttentionWindows, bias: Tensor) -> Tensor {
        let (n, count, width) = (windows.size, windows.count, shape[1] / 3)
        let size = width / headCount
        let gathered = gatheringRows(windows.rows)
        let mask = windows.regions.map { Self.mask($0, n).converted(to: scalarType) }
        func part(_ index: Int, _ head: Int) -> Tensor {
            let start = index * width + head * size
            return gathered.slice(axis: 1, start..<start + size).reshaped([count, n, size])
        }
        let heads = (0..<headCount).map { head -> Tensor in
            var scores = part(0, head).matmul(part(1, head), transposingOther: true)
                .scaled(by: 1 / Double(size).squareRoot())
            scores = scores + bias.slice(axis: 0, head..<head + 1).reshaped([n, n])
            if let mask { scores = scores + mask }
            return scores.softmax().matmul(part(2, head)).reshaped([count * n, size])
        }
        var inverse = [Int32](repeating: 0, count: windows.rows.count)
        for (position, row) in windows.rows.enumerated() { inverse[Int(row)] = Int32(position) }
        return Tensor.concatenated(heads, axis: 1).gatheringRows(inverse)
    }

    /// [windows, n, n]
    private static func mask(_ regions: [Int32], _ n: Int) -> Tensor {
        let values = regions.indices.flatMap { index -> [Double] in
            let first = index / n * n
            return (first..<first + n).map {
                regions[$0] == regions[index] ? 0 : WindowAttention.regionPenalty
            }
        }
        return Tensor(doubles: values, shape: [regions.count / n, n, n])
    }
}
