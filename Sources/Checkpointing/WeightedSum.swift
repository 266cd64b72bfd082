/// A checksum that shows any change of a single word and is fast enough for every read.
///
/// Formula:  Σᵢ (2i + 1)·wᵢ mod 2⁶⁴ over little-endian 32-bit words, the last filled with zeros
enum WeightedSum {
    /// The checksum of bytes at any address.
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let wordCount = bytes.count / 4
        var sum: UInt64 = 0
        for index in 0..<wordCount {
            let word = bytes.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self)
            sum &+= UInt64(word) &* UInt64(truncatingIfNeeded: 2 &* index &+ 1)
        }
        var last: UInt64 = 0
        for index in (wordCount * 4..<bytes.count).reversed() {
            last = last << 8 | UInt64(bytes[index])
        }
        return sum &+ last &* UInt64(2 * wordCount + 1)
    }
}
