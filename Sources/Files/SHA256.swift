import CKernels
import Foundation

/// The SHA-256 digest of bytes that arrive piece by piece.
///
/// Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1 and 6.2.
public struct SHA256: Sendable {
    private static let blockByteCount = 64
    /// Bytes of a file that count as this process's memory at a time.
    private static let releasedByteCount = 64 << 20
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

    private static let hasInstructions = duet_sha256_available() != 0
    private let isPortable: Bool

    /// Starts an empty digest.
    public init() { self.init(isPortable: false) }

    /// Starts an empty digest, which makes no use of what some processors have for it when `isPortable`.
    package init(isPortable: Bool) { self.isPortable = isPortable || !Self.hasInstructions }

    /// Adds `bytes` to what is digested.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount += UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = rest.prefix(Self.blockByteCount - pending.count)
            pending.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
            guard pending.count == Self.blockByteCount else { return }
            let block = pending
            block.withUnsafeBytes { compress($0) }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = rest.count / Self.blockByteCount * Self.blockByteCount
        compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
        pending.append(contentsOf: rest.dropFirst(whole))
    }

    /// Adds `bytes` to what is digested.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        Array(bytes).withUnsafeBytes { update($0) }
    }

    /// The 32 bytes of the digest of everything added so far.
    public func digest() -> [UInt8] {
        var copy = self
        var padding: [UInt8] = [0x80]
        let filled = (pending.count + 1) % Self.blockByteCount
        let zeroCount = (Self.blockByteCount + 56 - filled) % Self.blockByteCount
        padding.append(contentsOf: repeatElement(0, count: zeroCount))
        withUnsafeBytes(of: (byteCount &* 8).bigEndian) { padding.append(contentsOf: $0) }
        copy.update(padding)
        return copy.state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }

    /// The digest as 64 lower-case hexadecimal digits.
    public func hexDigest() -> String {
        digest().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// The hexadecimal digest of `bytes`.
    public static func hexDigest(of bytes: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest()
    }

    /// The hexadecimal digest of the file at `path`.
    ///
    /// Throws: `FileError` when the file cannot be read.
    public static func hexDigest(ofFile path: String) throws -> String {
        let file = try MappedFile(path: path)
        var hash = SHA256()
        for start in stride(from: 0, to: file.byteCount, by: releasedByteCount) {
            let piece = start..<min(start + releasedByteCount, file.byteCount)
            file.withBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[piece])) }
            file.release(piece)
        }
        return hash.hexDigest()
    }

    /// Works whole blocks into the state, the schedule kept as a ring of the last 16 words.
    private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
        guard !blocks.isEmpty else { return }
        Self.roundConstants.withUnsafeBufferPointer { constants in
            state.withUnsafeMutableBufferPointer { state in
                let count = blocks.count / Self.blockByteCount
                let bytes = blocks.bindMemory(to: UInt8.self).baseAddress
                if !isPortable {
                    duet_sha256(count, bytes, constants.baseAddress, state.baseAddress)
                    return
                }
                withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { ring in
                    for start in stride(from: 0, to: blocks.count, by: Self.blockByteCount) {
                        for index in 0..<16 {
                            let word = blocks.loadUnaligned(
                                fromByteOffset: start + 4 * index, as: UInt32.self)
                            ring[index] = UInt32(bigEndian: word)
                        }
                        Self.compressBlock(ring, constants, into: state)
                    }
                }
            }
        }
    }

    /// Works one block into the state; single letters are those of FIPS 180-4.
    @inline(__always)
    private static func compressBlock(
        _ w: UnsafeMutableBufferPointer<UInt32>, _ k: UnsafeBufferPointer<UInt32>,
        into state: UnsafeMutableBufferPointer<UInt32>
    ) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for t in 0..<64 {
            if t >= 16 {
                let (w15, w2) = (w[(t &- 15) & 15], w[(t &- 2) & 15])
                let small0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 >> 3)
                let small1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 >> 10)
                w[t & 15] = w[t & 15] &+ small0 &+ w[(t &- 7) & 15] &+ small1
            }
            let big1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let choice = (e & f) ^ (~e & g)
            let first = h &+ big1 &+ choice &+ k[t] &+ w[t & 15]
            let big0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let majority = (a & b) ^ (a & c) ^ (b & c)
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ big0 &+ majority)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    @inline(__always)
    private static func rotated(_ x: UInt32, _ count: UInt32) -> UInt32 {
        (x &>> count) | (x &<< (32 &- count))
    }

    private static let roundConstants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1,
        0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
        0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786,
        0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147,
        0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
        0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a,
        0x5b9c_ca4f, 0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
        0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
