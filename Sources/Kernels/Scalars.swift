internal import CKernels
internal import Foundation

/// The type of a tensor's elements: Float for training, Double for checking gradients.
public enum ScalarType: Sendable, Hashable {
    case float32
    case float64

    /// Bytes of one element.
    public var byteCount: Int { self == .float32 ? 4 : 8 }

    var code: duet_scalar { self == .float32 ? DUET_FLOAT32 : DUET_FLOAT64 }
}

/// Owned, 64-byte aligned memory.
///
/// Safety: a kernel writes a new buffer before anybody else holds it; afterwards it is only read,
/// except by kernels that add in place, whose callers hold the only reference that is in use.
final class Buffer: @unchecked Sendable {
    let address: UnsafeMutableRawPointer
    /// The size of a large block; 0 for memory of the heap.
    private let blockBytes: Int

    init(byteCount: Int) {
        Machine.prepare()
        if byteCount >= LargeBlocks.leastBytes {
            guard let block = LargeBlocks.take(byteCount) else { Buffer.fail(byteCount) }
            (address, blockBytes) = block
            return
        }
        var memory: UnsafeMutableRawPointer?
        let status = posix_memalign(&memory, 64, max(byteCount, 64))
        guard status == 0, let memory else { Buffer.fail(byteCount) }
        (address, blockBytes) = (memory, 0)
    }

    private static func fail(_ byteCount: Int) -> Never {
        preconditionFailure("no memory for a buffer of \(byteCount) bytes")
    }

    deinit {
        if blockBytes > 0 {
            LargeBlocks.giveBack(address, byteCount: blockBytes)
        } else {
            free(address)
        }
    }
}

/// A run of scalars in memory: the operand and the result of every kernel.
public struct Scalars: Sendable {
    let buffer: Buffer
    let offset: Int
    /// The type of every element.
    public let type: ScalarType
    /// Number of elements.
    public let count: Int

    /// Memory whose content is not yet defined; only kernels see it in this state.
    package init(uninitialized count: Int, _ type: ScalarType) {
        buffer = Buffer(byteCount: count * type.byteCount)
        offset = 0
        self.type = type
        self.count = count
    }

    private init(buffer: Buffer, offset: Int, type: ScalarType, count: Int) {
        self.buffer = buffer
        self.offset = offset
        self.type = type
        self.count = count
    }

    /// `count` times the same value.
    public init(repeating value: Double, count: Int, type: ScalarType) {
        self.init(uninitialized: count, type)
        duet_fill(type.code, count, value, address)
    }

    /// A copy of Floats.
    public init(_ values: [Float]) {
        self.init(uninitialized: values.count, .float32)
        values.withUnsafeBytes { source in
            if let base = source.baseAddress, !values.isEmpty {
                address.copyMemory(from: base, byteCount: source.count)
            }
        }
    }

    /// A copy of Doubles.
    public init(_ values: [Double]) {
        self.init(uninitialized: values.count, .float64)
        values.withUnsafeBytes { source in
            if let base = source.baseAddress, !values.isEmpty {
                address.copyMemory(from: base, byteCount: source.count)
            }
        }
    }

    /// New Float memory, filled once by the closure before anybody reads it.
    public init(
        count: Int, filling: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        self.init(uninitialized: count, .float32)
        try filling(
            UnsafeMutableBufferPointer(
                start: address.bindMemory(to: Float.self, capacity: count), count: count))
    }

    /// The same memory, seen from `start` on; nothing is copied.
    public func part(from start: Int, count: Int) -> Scalars {
        precondition(
            start >= 0 && count >= 0 && start + count <= self.count,
            "part: \(start)..<\(start + count) of \(self.count) scalars")
        return Scalars(buffer: buffer, offset: offset + start, type: type, count: count)
    }

    /// The values as Float.
    public var floats: [Float] {
        let source = converted(to: .float32)
        return Array(
            UnsafeBufferPointer(
                start: source.address.assumingMemoryBound(to: Float.self), count: count))
    }

    /// The values as Double.
    public var doubles: [Double] {
        let source = converted(to: .float64)
        return Array(
            UnsafeBufferPointer(
                start: source.address.assumingMemoryBound(to: Double.self), count: count))
    }

    /// The same values in another type.
    public func converted(to other: ScalarType) -> Scalars {
        if other == type { return self }
        let result = Scalars(uninitialized: count, other)
        duet_convert(type.code, count, address, other.code, result.address)
        return result
    }

    /// Reads the elements of a Float run without copying them.
    public func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        precondition(type == .float32, "withFloats: the scalars are \(type)")
        return try body(
            UnsafeBufferPointer(
                start: address.assumingMemoryBound(to: Float.self), count: count))
    }

    var address: UnsafeMutableRawPointer { buffer.address + offset * type.byteCount }

    func address(at index: Int) -> UnsafeMutableRawPointer { address + index * type.byteCount }
}
