/// A run of placeholder tokens that features take the place of.
public struct MediaSlot: Sendable, Hashable {
    /// Which features.
    public let kind: MediaKind
    /// Where the placeholders stand in the sample's tokens.
    public let range: Range<Int>
    /// The place of its first token among all of the medium's; above 0 where the medium goes on that began
    /// in an earlier slot.
    public let firstToken: Int

    /// A slot from its parts.
    public init(kind: MediaKind, range: Range<Int>, firstToken: Int = 0) {
        self.kind = kind
        self.range = range
        self.firstToken = firstToken
    }
}

/// How many tokens the features of one sample's media take.
public struct MediaTokenCounts: Sendable, Hashable {
    /// Tokens of a picture or video.
    public let visual: Int
    /// Tokens of a sound.
    public let audio: Int

    /// Counts of both kinds.
    public init(visual: Int, audio: Int) {
        self.visual = visual
        self.audio = audio
    }

    package subscript(kind: MediaKind) -> Int {
        kind == .visual ? visual : audio
    }
}

/// A sample as token ids, ready to be packed with others.
public struct EncodedSample: Sendable, Hashable {
    /// The label of a token that is not learnt.
    public static let unsupervised: Int32 = -100

    /// The sample's id, for messages.
    public let sampleID: String
    /// What the sample shows the model.
    public let modality: Modality
    /// Token ids, placeholders where features go.
    public let tokens: [Int32]
    /// Places of the features, in order.
    public let slots: [MediaSlot]
    /// Unshifted: a label equals the token at its own place, or is `unsupervised`.
    public let labels: [Int32]
    /// How many tokens are learnt.
    public let supervisedCount: Int
    /// How many tokens from the first on the loss depends on: those before the last that is learnt. All,
    /// when none is learnt.
    public let rowCount: Int

    /// A sample from its parts.
    ///
    /// Shapes: tokens [t], labels [t]
    /// Traps: when the counts differ, a slot lies outside, or the first token, which nothing can
    /// predict, is supervised
    public init(
        sampleID: String, modality: Modality, tokens: [Int32], slots: [MediaSlot], labels: [Int32]
    ) {
        precondition(
            tokens.count == labels.count,
            "encoded sample: [\(tokens.count)] tokens × [\(labels.count)] labels do not agree")
        precondition(
            slots.allSatisfy { $0.range.lowerBound >= 0 && $0.range.upperBound <= tokens.count },
            "encoded sample: a media slot lies outside of [\(tokens.count)] tokens")
        precondition(
            labels.first.map { $0 == Self.unsupervised } ?? true,
            "encoded sample: the first token cannot be supervised")
        self.sampleID = sampleID
        self.modality = modality
        self.tokens = tokens
        self.slots = slots
        self.labels = labels
        supervisedCount = labels.count { $0 != Self.unsupervised }
        rowCount = labels.lastIndex { $0 != Self.unsupervised } ?? tokens.count
    }
}
