/// The SHA-1 digest of bytes that arrive piece by piece, as git names what it keeps.
///
/// It tells damaged files, not forged ones.
/// Source: FIPS 180-4, sections 4.1.1, 4.2.1, 5.1.1 and 6.1.
public struct SHA1: Sendable {
    private static let blockByteCount = 64
    private var state: [UInt32] = [
        0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
    ]
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

    /// Starts an empty digest.
    public init() {}

    /// Adds `bytes` to what is digested.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            byteCount += 1
            pending.append(byte)
            if pending.count == Self.blockByteCount { compressPending() }
        }
    }

    /// The digest of everything added so far, as 40 lower-case hexadecimal digits.
    public func hexDigest() -> String {
        var copy = self
        let filled = (pending.count + 1) % Self.blockByteCount
        let zeroCount = (Self.blockByteCount + 56 - filled) % Self.blockByteCount
        copy.update([0x80] + [UInt8](repeating: 0, count: zeroCount))
        copy.update(withUnsafeBytes(of: (byteCount &* 8).bigEndian) { Array($0) })
        let bytes = copy.state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The name that git gives to a file with these contents.
    ///
    /// Formula: SHA-1("blob " ‖ size in decimal ‖ 0 ‖ contents)
    /// Source: Git's documentation, "Git Internals – Git Objects"
    /// Throws: `FileError` when the file cannot be read
    public static func gitBlobName(ofFile path: String) throws -> String {
        let file = try MappedFile(path: path)
        var hash = SHA1()
        hash.update(Array("blob \(file.byteCount)".utf8) + [0])
        file.withBytes { hash.update($0) }
        return hash.hexDigest()
    }

    /// Works the pending block into the state; single letters are those of FIPS 180-4.
    private mutating func compressPending() {
        var w = [UInt32](repeating: 0, count: 80)
        for index in 0..<16 {
            w[index] = pending[4 * index..<4 * index + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        for t in 16..<80 { w[t] = Self.rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1) }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for t in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch t {
                case ..<20: (b & c | ~b & d, 0x5a82_7999)
                case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            let next = Self.rotated(a, 5) &+ f &+ e &+ k &+ w[t]
            (e, d, c, b, a) = (d, c, Self.rotated(b, 30), a, next)
        }
        for (index, word) in [a, b, c, d, e].enumerated() { state[index] &+= word }
        pending.removeAll(keepingCapacity: true)
    }

    private static func rotated(_ x: UInt32, _ count: UInt32) -> UInt32 {
        x << count | x >> (32 - count)
    }
}
