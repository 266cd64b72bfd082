/// The printable characters that stand for the 256 bytes in the vocabulary of a byte-level
/// tokenizer.
///
/// Printable Latin-1 characters stand for themselves; the other 68 bytes, in order, take the
/// characters from U+0100 on, so a space is written `Ġ` (U+0120).
/// Source: Radford et al. 2019 (GPT-2), section 2.2, and its published encoder.
struct ByteAlphabet: Sendable {
    private let scalarOfByte: [Unicode.Scalar]
    private let byteOfScalar: [Int16]

    init() {
        var scalars: [Unicode.Scalar] = []
        var bytes = [Int16](repeating: -1, count: 0x144)
        var next: UInt16 = 0x100
        for byte in UInt8.min...UInt8.max {
            let isPrintable =
                (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
            var scalar = Unicode.Scalar(byte)
            if !isPrintable, let stand = Unicode.Scalar(next) {
                scalar = stand
                next += 1
            }
            scalars.append(scalar)
            bytes[Int(scalar.value)] = Int16(byte)
        }
        scalarOfByte = scalars
        byteOfScalar = bytes
    }

    /// The character that stands for a byte.
    func character(_ byte: UInt8) -> String { String(scalarOfByte[Int(byte)]) }

    /// The bytes a token stands for, or nil when one of its characters stands for no byte.
    func bytes(_ token: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(token.utf8.count)
        for scalar in token.unicodeScalars {
            guard scalar.value < 0x144 else { return nil }
            let byte = byteOfScalar[Int(scalar.value)]
            guard byte >= 0 else { return nil }
            result.append(UInt8(byte))
        }
        return result
    }
}
