public import Tensors

/// Compares the gradients of a function with central differences, in Double.
public enum GradientCheck {
    /// The largest error over all elements of all inputs, relative to 1 + |gradient|.
    ///
    /// The function's result is reduced to one number with fixed, unequal weights, so that errors
    /// in single elements cannot cancel.
    public static func maximumError(
        of inputs: [Tensor], step: Double = 1e-5, function: ([Tensor]) -> Tensor
    ) -> Double {
        let tracked = inputs.enumerated().map { $0.element.tracked(as: $0.offset) }
        let output = function(tracked)
        let weights = fixedValues(output.shape, seed: 977)
        let gradients = gradients(of: (output * weights).sum())
        func value(_ inputs: [Tensor]) -> Double { (function(inputs) * weights).sum().item }
        var worst = 0.0
        for (index, input) in inputs.enumerated() {
            let analytic =
                gradients[index]?.doubles ?? [Double](repeating: 0, count: input.scalarCount)
            let values = input.doubles
            for element in values.indices {
                var (up, down) = (values, values)
                up[element] += step
                down[element] -= step
                var (high, low) = (inputs, inputs)
                high[index] = Tensor(doubles: up, shape: input.shape)
                low[index] = Tensor(doubles: down, shape: input.shape)
                let numeric = (value(high) - value(low)) / (2 * step)
                worst = max(
                    worst, abs(numeric - analytic[element]) / (1 + abs(analytic[element])))
            }
        }
        return worst
    }

    /// Distinct numbers in about ±1, the same in every run.
    public static func fixedValues(
        _ shape: [Int], seed: Int, scale: Double = 1, offset: Double = 0
    ) -> Tensor {
        var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        let values = (0..<shape.reduce(1, *)).map { _ -> Double in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return offset + scale * (Double(state >> 11) / 4_503_599_627_370_496 - 1)
        }
        return Tensor(doubles: values, shape: shape)
    }
}
