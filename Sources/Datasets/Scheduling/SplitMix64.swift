/// A random generator whose i-th value is a function of its seed and i alone.
///
/// Formula:  value i = mix(seed + (i + 1)·γ), γ = 0x9E3779B97F4A7C15
/// Source:   Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", with the
/// mixing constants of Vigna's splitmix64.c
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    /// A generator of one seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// A generator of its own for each seed and path, such as (epoch, modality, pass).
    public init(seed: UInt64, path: [UInt64]) {
        state = path.reduce(Self.mix(seed &+ Self.increment)) { key, element in
            Self.mix((key ^ Self.mix(element &+ Self.increment)) &+ Self.increment)
        }
    }

    /// The next value.
    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// A number in 0..<bound, every one equally likely.
    ///
    /// Source: Lemire 2019, "Fast random integer generation in an interval" (arXiv:1805.10941)
    /// Traps:  when the bound is 0
    public mutating func number(below bound: UInt64) -> UInt64 {
        precondition(bound > 0, "random number: bound 0, expected at least 1")
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold: UInt64 = (0 &- bound) % bound
            while product.low < threshold {
                product = next().multipliedFullWidth(by: bound)
            }
        }
        return product.high
    }

    /// Puts the elements in a random order (Fisher–Yates), every order equally likely.
    public mutating func shuffle(_ elements: inout [Int32]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, Int(number(below: UInt64(last) + 1)))
        }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z: UInt64 = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
