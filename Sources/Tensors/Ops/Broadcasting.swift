internal import Kernels

/// How shapes of different rank and length-1 axes meet.
enum Broadcasting {
    /// The common shape, aligned at the last axis; nil when an axis disagrees.
    static func shape(_ a: [Int], _ b: [Int]) -> [Int]? {
        let rank = max(a.count, b.count)
        var result = [Int](repeating: 1, count: rank)
        for axis in 0..<rank {
            let left = axis - (rank - a.count), right = axis - (rank - b.count)
            let (m, n) = (left < 0 ? 1 : a[left], right < 0 ? 1 : b[right])
            guard m == n || m == 1 || n == 1 else { return nil }
            result[axis] = m == 1 ? n : m
        }
        return result
    }

    /// Strides of a tensor of `shape` seen as `target`; 0 where it repeats.
    static func strides(_ shape: [Int], in target: [Int]) -> [Int] {
        var strides = [Int](repeating: 0, count: target.count)
        var step = 1
        for axis in shape.indices.reversed() {
            if shape[axis] != 1 { strides[axis + target.count - shape.count] = step }
            step *= shape[axis]
        }
        return strides
    }

    /// The sum of a broadcast gradient over the axes along which `shape` was repeated.
    static func reduce(_ gradient: Tensor, to shape: [Int]) -> Tensor {
        if gradient.shape == shape { return gradient }
        let target = gradient.shape
        let padded = [Int](repeating: 1, count: target.count - shape.count) + shape
        var scalars = gradient.scalars
        var current = target
        for axis in target.indices where padded[axis] == 1 && current[axis] != 1 {
            scalars = Reductions.sum(
                scalars, outer: current[..<axis].reduce(1, *), current[axis],
                inner: current[(axis + 1)...].reduce(1, *))
            current[axis] = 1
        }
        return Tensor(scalars, shape: shape)
    }
}
