import CKernels

extension StoredType {
    /// The types that values can be written as.
    public static let writable: [StoredType] = [
        .float32, .float16, .bfloat16, .q8_0, .q4_0, .q4_1,
    ]

    /// The largest magnitude that the type can hold; scales of quantised types are halves.
    var greatestMagnitude: Float {
        switch self {
        case .float16, .q8_0, .q4_0, .q4_1: 65_504
        default: .greatestFiniteMagnitude
        }
    }

    /// Writes whole blocks of values, which are finite and at most `greatestMagnitude` unless the type
    /// is F32 or BF16.
    ///
    /// Source: quantize_row_*_ref in ggml-quants.c; halves are rounded to nearest, ties to even
    /// Traps:  for a type that is not writable
    func encode(
        _ values: UnsafeBufferPointer<Float>, into bytes: UnsafeMutableRawBufferPointer
    ) {
        precondition(Self.writable.contains(self), "encode: \(rawValue) cannot be written")
        guard let x = values.baseAddress, let y = bytes.baseAddress else { return }
        let blockCount = values.count / valuesPerBlock
        for block in 0..<blockCount {
            let from = x + block * valuesPerBlock
            let to = y + block * bytesPerBlock
            switch self {
            case .float32: Self.store(from.pointee.bitPattern, at: to)
            case .float16: Self.store(Self.half(from.pointee), at: to)
            case .bfloat16: Self.store(Self.upperHalf(from.pointee), at: to)
            case .q8_0: Self.encode8(from, to)
            case .q4_0: Self.encode4(from, to)
            default: Self.encode4WithMinimum(from, to)
            }
        }
    }

    /// Puts in place of values what the type makes of them: written, and read again.
    ///
    /// Traps: for a type that is not writable
    public func round(_ values: UnsafeMutableBufferPointer<Float>) {
        let chunk = min(values.count, Self.roundedChunk)
        let size = chunk / valuesPerBlock * bytesPerBlock
        withUnsafeTemporaryAllocation(byteCount: max(1, size), alignment: 16) { bytes in
            for start in stride(from: 0, to: values.count, by: max(1, chunk)) {
                let part = UnsafeMutableBufferPointer(
                    rebasing: values[start..<min(start + chunk, values.count)])
                encode(UnsafeBufferPointer(part), into: bytes)
                guard let from = bytes.baseAddress, let to = part.baseAddress else { continue }
                duet_dequantise(kernelType, part.count / valuesPerBlock, from, to)
            }
        }
    }

    /// Values rounded at a time, whole blocks of any type.
    private static let roundedChunk = 1 << 16

    @inline(__always)
    private static func store<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bits: Bits, at place: UnsafeMutableRawPointer
    ) {
        place.storeBytes(of: bits.littleEndian, as: Bits.self)
    }

    @inline(__always)
    private static func half(_ x: Float) -> UInt16 { Float16(x).bitPattern }

    /// The upper 16 bits, rounded to nearest, ties to even; a NaN stays one.
    @inline(__always)
    private static func upperHalf(_ x: Float) -> UInt16 {
        let bits = x.bitPattern
        if x.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
    }

    @inline(__always)
    private static func inverse(_ x: Float) -> Float { x == 0 ? 0 : 1 / x }

    /// {half d; i8 q[32]}: d = max |x| / 127.
    private static func encode8(_ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) {
        var peak: Float = 0
        for j in 0..<32 { peak = max(peak, abs(x[j])) }
        let d = peak / 127
        let factor = inverse(d)
        store(half(d), at: y)
        for j in 0..<32 {
            let q = (x[j] * factor).rounded(.toNearestOrAwayFromZero)
            store(Int8(max(-127, min(127, q))), at: y + 2 + j)
        }
    }

    /// {half d; u8 q[16]}: d = (the value of largest magnitude) / −8.
    private static func encode4(_ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) {
        var extreme: Float = 0
        for j in 0..<32 where abs(x[j]) > abs(extreme) { extreme = x[j] }
        let d = extreme / -8
        let factor = inverse(d)
        store(half(d), at: y)
        pack(y + 2) { UInt8(max(0, min(15, x[$0] * factor + 8.5))) }
    }

    /// {half d; half m; u8 q[16]}: m = min x, d = (max x − m) / 15.
    private static func encode4WithMinimum(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer
    ) {
        var (low, high) = (x[0], x[0])
        for j in 1..<32 {
            low = min(low, x[j])
            high = max(high, x[j])
        }
        let d = (high - low) / 15
        let factor = inverse(d)
        store(half(d), at: y)
        store(half(low), at: y + 2)
        pack(y + 4) { UInt8(max(0, min(15, (x[$0] - low) * factor + 0.5))) }
    }

    /// Value j in the low half of byte j, value 16 + j in its high half.
    @inline(__always)
    private static func pack(_ y: UnsafeMutableRawPointer, _ value: (Int) -> UInt8) {
        for j in 0..<16 { store(value(j) | value(j + 16) << 4, at: y + j) }
    }
}
