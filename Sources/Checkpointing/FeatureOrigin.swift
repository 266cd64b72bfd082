/// Where kept features come from; their key follows from it.
public struct FeatureOrigin: Sendable, Hashable, Codable {
    /// The path of the medium when it was encoded; nil where there was none, as for silence. Two paths
    /// of the same content share their features, under the first.
    public let path: String?
    /// SHA-256 of the medium's content, or a word for what is no file.
    public let mediaDigest: String
    /// SHA-256 of the encoder's weights.
    public let encoderDigest: String
    /// Every setting between the two, as text.
    public let preprocessing: String

    /// An origin from its parts.
    public init(path: String?, mediaDigest: String, encoderDigest: String, preprocessing: String) {
        self.path = path
        self.mediaDigest = mediaDigest
        self.encoderDigest = encoderDigest
        self.preprocessing = preprocessing
    }

    /// The key under which the features are kept.
    public var key: FeatureKey {
        FeatureKey(
            mediaDigest: mediaDigest, encoderDigest: encoderDigest, preprocessing: preprocessing)
    }

    private enum CodingKeys: String, CodingKey {
        case path
        case mediaDigest = "media_sha256"
        case encoderDigest = "encoder_sha256"
        case preprocessing
    }
}
