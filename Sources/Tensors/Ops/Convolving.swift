internal import Kernels

/// Zeros around a picture.
public struct Padding: Sendable, Hashable {
    /// Rows above.
    public var top: Int
    /// Rows below.
    public var bottom: Int
    /// Columns to the left.
    public var left: Int
    /// Columns to the right.
    public var right: Int

    /// Zeros on each side.
    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    /// TensorFlow's "SAME": the result has ⌈size / stride⌉ positions and an odd zero goes after.
    ///
    /// Source: tf.nn "Notes on padding"
    public static func same(
        height: Int, width: Int, kernel: Int, stride: Int
    ) -> Padding {
        func total(_ size: Int) -> Int {
            Swift.max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0)
        }
        let (rows, columns) = (total(height), total(width))
        return Padding(
            top: rows / 2, bottom: rows - rows / 2, left: columns / 2,
            right: columns - columns / 2)
    }
}

extension Tensor {
    /// Convolution of pictures.
    ///
    /// Formula: y[n, i, j, o] = Σ weight[o, a, b, c] · x[n, i·stride + a − top, j·stride + b − left, c]
    /// Shapes: x [n, h, w, c], weight [out, kh, kw, c], bias [out] → [n, h', w', out]
    /// Pullback: as `linear` on the gathered patches, whose gradient is added back where they were read
    public func convolution2D(
        _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding = Padding()
    ) -> Tensor {
        convolution2D(weight, bias: bias, strides: (stride, stride), padding: padding)
    }

    /// Convolution of pictures whose kernel moves by different steps down and to the right.
    ///
    /// Formula, Shapes, Pullback: as with one stride
    public func convolution2D(
        _ weight: Tensor, bias: Tensor? = nil, strides: (rows: Int, columns: Int),
        padding: Padding = Padding()
    ) -> Tensor {
        precondition(
            rank == 4 && weight.rank == 4 && shape[3] == weight.shape[3],
            "convolution2D: \(shape) with weight \(weight.shape)")
        let geometry = patches(
            kernel: (weight.shape[1], weight.shape[2]), stride: (strides.rows, strides.columns),
            padding: padding)
        let rows = gatheringPatches(geometry)
        return
            rows
            .linear(weight.reshaped([weight.shape[0], geometry.patchSize]), bias: bias)
            .reshaped([shape[0], geometry.outHeight, geometry.outWidth, weight.shape[0]])
    }

    /// Convolution along time.
    ///
    /// Formula: y[n, i, o] = Σ weight[o, a, c] · x[n, i·stride + a − padding, c]
    /// Shapes: x [n, t, c], weight [out, k, c], bias [out] → [n, t', out]
    /// Pullback: as `convolution2D`
    public func convolution1D(
        _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0
    ) -> Tensor {
        precondition(
            rank == 3 && weight.rank == 3 && shape[2] == weight.shape[2],
            "convolution1D: \(shape) with weight \(weight.shape)")
        let pictures = reshaped([shape[0], 1, shape[1], shape[2]])
        let geometry = pictures.patches(
            kernel: (1, weight.shape[1]), stride: (1, stride),
            padding: Padding(left: padding, right: padding))
        return
            pictures.gatheringPatches(geometry)
            .linear(weight.reshaped([weight.shape[0], geometry.patchSize]), bias: bias)
            .reshaped([shape[0], geometry.outWidth, weight.shape[0]])
    }

    /// Convolution with one filter a channel.
    ///
    /// Formula: y[n, i, j, c] = Σ weight[a, b, c] · x[n, i·stride + a − top, j·stride + b − left, c]
    /// Shapes: x [n, h, w, c], weight [kh, kw, c], bias [c] → [n, h', w', c]
    /// Pullback: dx and dweight by the same sum read the other way, dbias = Σ dy
    public func depthwiseConvolution2D(
        _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding = Padding()
    ) -> Tensor {
        precondition(
            rank == 4 && weight.rank == 3 && shape[3] == weight.shape[2]
                && (bias.map { $0.shape == [shape[3]] } ?? true),
            "depthwiseConvolution2D: \(shape) with weight \(weight.shape)")
        let geometry = patches(
            kernel: (weight.shape[0], weight.shape[1]), stride: (stride, stride), padding: padding)
        let (x, filter, channels) = (detached(), weight.detached(), shape[3])
        let (needsInput, needsWeight) = (isTracked, weight.isTracked)
        let needsBias = bias?.isTracked ?? false
        return Tensor(
            Convolution.depthwise(
                scalars, weight: weight.scalars, bias: bias?.scalars, geometry),
            shape: [shape[0], geometry.outHeight, geometry.outWidth, channels]
        ).derived(from: [self, weight] + (bias.map { [$0] } ?? [])) { dy in
            let (dx, dweight) = Convolution.depthwisePullback(
                x.scalars, weight: filter.scalars, dy: dy.scalars, geometry,
                wantsInput: needsInput, wantsWeight: needsWeight)
            return [
                dx.map { Tensor($0, shape: x.shape) },
                dweight.map { Tensor($0, shape: filter.shape) },
                needsBias ? Broadcasting.reduce(dy, to: [channels]) : nil,
            ]
        }
    }

    private func patches(
        kernel: (Int, Int), stride: (Int, Int), padding: Padding
    ) -> Patches {
        Patches(
            height: shape[1], width: shape[2], channels: shape[3], kernel: kernel, stride: stride,
            padding: (padding.top, padding.bottom, padding.left, padding.right))
    }

    /// Every patch as a row: [n h' w', kh kw c]. Pullback: rows are added back where they were read.
    private func gatheringPatches(_ geometry: Patches) -> Tensor {
        let source = shape
        return Tensor(
            Convolution.gather(scalars, geometry),
            shape: [shape[0] * geometry.outputPixels, geometry.patchSize]
        ).derived(from: [self]) { dy in
            [Tensor(Convolution.scatter(dy.scalars, geometry), shape: source)]
        }
    }
}
