package import Tensors

/// How far numbers are from what they should be.
package struct Deviation: Sendable {
    /// The largest absolute difference.
    package private(set) var maximum: Double = 0
    /// The largest difference in units of its allowance; at most 1 when all are within it.
    package private(set) var share: Double = 0
    /// How many numbers were compared.
    package private(set) var count = 0

    package let absolute: Double
    package let relative: Double

    /// Allows a difference of `absolute + relative · |expected|`.
    package init(absolute: Double, relative: Double = 0) {
        self.absolute = absolute
        self.relative = relative
    }

    /// Compares one number; a NaN is as far as can be.
    package mutating func compare(_ actual: Double, _ expected: Double) {
        count += 1
        let difference = abs(actual - expected)
        guard difference.isFinite else {
            maximum = .infinity
            share = .infinity
            return
        }
        maximum = max(maximum, difference)
        let allowance = absolute + relative * abs(expected)
        // Where nothing is allowed, any difference is beyond it.
        share = max(share, difference == 0 ? 0 : difference / allowance)
    }

    /// Compares tensors element by element; other shapes are as far as can be.
    package mutating func compare(_ actual: Tensor, _ expected: Tensor) {
        guard actual.shape == expected.shape else {
            compare(.infinity, 0)
            return
        }
        for (a, b) in zip(actual.doubles, expected.doubles) { compare(a, b) }
    }
}
