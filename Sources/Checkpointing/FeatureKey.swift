import Files

/// What frozen features depend on: the media, the encoder and everything done in between.
public struct FeatureKey: Sendable, Hashable {
    /// The number of bytes of a key.
    static var byteCount: Int { 32 }

    /// The bytes of the SHA-256 digest.
    let digest: [UInt8]

    /// Makes the key for what an encoder says of a piece of media.
    ///
    /// - Parameters:
    ///   - mediaDigest: the digest of the content of the media file.
    ///   - encoderDigest: the digest of the encoder's weights.
    ///   - preprocessing: every setting between the two, in words that change when it changes.
    public init(mediaDigest: String, encoderDigest: String, preprocessing: String) {
        var hash = SHA256()
        for part in [mediaDigest, encoderDigest, preprocessing] {
            // With its length before it, no part can run into the next.
            withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { hash.update($0) }
            hash.update(part.utf8)
        }
        digest = hash.digest()
    }

    /// Takes a digest as it was stored.
    init(digest: [UInt8]) { self.digest = digest }

    /// Mixes in the first bytes, which are as random as all 32.
    public func hash(into hasher: inout Hasher) {
        for byte in digest.prefix(8) { hasher.combine(byte) }
    }
}
