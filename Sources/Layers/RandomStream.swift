import Foundation

/// A stream of random numbers that is a function of a seed and a name, the same on every machine.
///
/// Formula: SplitMix64, started at `seed` mixed with the FNV-1a hash of the name
/// Source:  Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"; FNV by Fowler, Noll, Vo
public struct RandomStream: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the stream of a name, for instance of a parameter's path.
    public init(seed: UInt64, name: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        state = hash
        state = next() &+ seed
        state = next()
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// A number in [0, 1) with 53 random bits.
    public mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number from the normal distribution.
    ///
    /// Source: Box and Muller 1958
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * Double.pi * unit())
    }
}
