import Foundation
public import Tensors
import WeightFiles

/// A safetensors file of reference inputs and outputs under `Tests/Fixtures`.
public struct GoldenFile {
    private let file: Safetensors

    /// Opens `Tests/Fixtures/<path>`.
    public init(_ path: String) throws {
        file = try Safetensors(path: Fixtures.url(path).path)
    }

    /// The names of all tensors.
    public var names: [String] { file.tensorNames }

    /// A tensor of the file, as Float.
    public func tensor(_ name: String) throws -> Tensor {
        let stored = try file.tensor(name)
        return Tensor(try stored.floats(), shape: stored.shape)
    }

    /// A tensor of small integers, such as token ids, row by row.
    public func integers(_ name: String) throws -> [Int32] {
        try file.tensor(name).floats().map { Int32($0) }
    }

    /// The tensors whose names begin with a prefix, by the rest of their names.
    public func tensors(prefixed prefix: String) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for name in names where name.hasPrefix(prefix) {
            result[String(name.dropFirst(prefix.count))] = try tensor(name)
        }
        return result
    }
}

/// How far numbers are from what they should be.
public struct Deviation: Sendable {
    /// The largest absolute difference.
    public private(set) var maximum: Double = 0
    /// The largest difference in units of its allowance; at most 1 when all are within it.
    public private(set) var share: Double = 0

    private let absolute: Double
    private let relative: Double

    /// Allows a difference of `absolute + relative · |expected|`.
    public init(absolute: Double, relative: Double = 0) {
        self.absolute = absolute
        self.relative = relative
    }

    /// Compares one number; a NaN is as far as can be.
    public mutating func compare(_ actual: Double, _ expected: Double) {
        let difference = abs(actual - expected)
        guard difference.isFinite else {
            maximum = .infinity
            share = .infinity
            return
        }
        maximum = max(maximum, difference)
        share = max(share, difference / (absolute + relative * abs(expected)))
    }

    /// Compares tensors element by element; other shapes are as far as can be.
    public mutating func compare(_ actual: Tensor, _ expected: Tensor) {
        guard actual.shape == expected.shape else {
            compare(.infinity, 0)
            return
        }
        for (a, b) in zip(actual.doubles, expected.doubles) { compare(a, b) }
    }
}
