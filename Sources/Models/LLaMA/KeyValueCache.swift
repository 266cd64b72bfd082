import Kernels
import Tensors

/// The keys and values of sequences that are being continued.
///
/// It is a value: a copy, or what `keeping` returns, goes on by itself. Memory is shared until one of
/// them is continued, and grows by doubling.
public struct KeyValueCache: Sendable {
    /// Keys and values by sequence, of all layers.
    var memories: [SequenceMemory]
    /// Cosines and sines for the positions so far and some to come.
    var rotary: RotaryTable

    /// The length of each sequence so far.
    public var lengths: [Int] { memories.map(\.count) }

    /// The cache of some of the sequences, in the given order; a sequence may be taken more than once.
    public func keeping(_ sequences: [Int]) -> KeyValueCache {
        KeyValueCache(memories: sequences.map { memories[$0] }, rotary: rotary)
    }
}
