/// How a parameter that no file provides gets its first values.
public enum Fill: Sendable, Equatable {
    /// All zero.
    case zeros
    /// All one.
    case ones
    /// Uniform in (-bound, bound).
    case uniform(bound: Double)
    /// Normal with mean zero.
    case normal(deviation: Double)

    /// The default of a linear or convolution weight in PyTorch.
    ///
    /// Formula: uniform in ±1/√inputs, which is Kaiming's uniform fill with a = √5
    /// Source:  He et al. 2015 (arXiv:1502.01852); torch.nn.Linear.reset_parameters
    public static func fanIn(_ inputs: Int) -> Fill {
        .uniform(bound: 1 / Double(max(1, inputs)).squareRoot())
    }

    /// Writes the values of one parameter, a function of the seed and the parameter's path.
    func write(into buffer: UnsafeMutableBufferPointer<Float>, seed: UInt64, path: String) {
        switch self {
        case .zeros:
            buffer.update(repeating: 0)
        case .ones:
            buffer.update(repeating: 1)
        case .uniform(let bound):
            var stream = RandomStream(seed: seed, name: path)
            for index in buffer.indices {
                buffer[index] = Float(bound * (2 * stream.unit() - 1))
            }
        case .normal(let deviation):
            var stream = RandomStream(seed: seed, name: path)
            for index in buffer.indices {
                buffer[index] = Float(deviation * stream.normal())
            }
        }
    }
}
