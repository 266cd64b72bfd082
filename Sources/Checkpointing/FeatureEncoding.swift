/// The type in which features are kept.
public enum FeatureStorage: String, Sendable, CaseIterable {
    /// Half the space: rounded to the nearest, ties to even, at most 65504.
    case float16
    /// As computed.
    case float32

    /// The type of the numbers in the file.
    var scalarType: StoredScalarType { self == .float16 ? .float16 : .float32 }

    /// Bytes of one number.
    public var byteCount: Int { scalarType.byteCount }
}

/// Features as bytes in the file, and back.
enum FeatureEncoding {
    /// The stored bytes of numbers; nil when a finite number is too large for the storage.
    static func encode(_ scalars: [Float], as storage: FeatureStorage) -> [UInt8]? {
        guard storage == .float16 else { return scalars.withUnsafeBytes { Array($0) } }
        var fits = true
        let halves = scalars.map { (scalar: Float) -> Float16 in
            let half = Float16(scalar)
            if half.isInfinite && scalar.isFinite { fits = false }
            return half
        }
        return fits ? halves.withUnsafeBytes { Array($0) } : nil
    }

    /// The numbers behind stored bytes, which lie at an address fit for 4-byte words.
    static func decode(_ bytes: UnsafeRawBufferPointer, as storage: FeatureStorage) -> [Float] {
        let count = bytes.count / storage.scalarType.byteCount
        return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
            if storage == .float16 {
                widen(bytes.assumingMemoryBound(to: UInt16.self), into: target)
            } else {
                UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
            }
            initializedCount = count
        }
    }

    /// Turns binary16 into binary32 by moving bits, which unlike a conversion call runs in vectors.
    ///
    /// Source: IEEE 754-2019, section 3.4: exponent bias 15 and 127, fraction of 10 and 23 bits.
    private static func widen(
        _ source: UnsafeBufferPointer<UInt16>, into target: UnsafeMutableBufferPointer<Float>
    ) {
        let rebias: UInt32 = 112 << 23
        let smallestNormal: UInt32 = 113 << 23
        for index in 0..<source.count {
            let half = UInt32(source[index])
            let magnitude = (half & 0x7fff) << 13
            let normal = magnitude &+ rebias
            let subnormal =
                (Float(bitPattern: magnitude | smallestNormal) - Float(bitPattern: smallestNormal))
                .bitPattern
            let special = magnitude | 0x7f80_0000
            var bits = magnitude < 1 << 23 ? subnormal : normal
            bits = magnitude >= 31 << 23 ? special : bits
            target[index] = Float(bitPattern: bits | (half & 0x8000) << 16)
        }
    }
}
