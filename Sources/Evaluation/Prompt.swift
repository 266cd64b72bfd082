public import Datasets
public import Tensors
public import Training

/// A question to the model, with the media that are presented with it.
public struct Prompt: Sendable {
    /// The tokens, with places for features.
    public let encoded: EncodedSample
    /// What is seen.
    public let visual: MediaReference?
    /// What is heard.
    public let audio: MediaReference?

    /// Takes the parts as they are.
    ///
    /// Traps: when there is a place for features but nothing to take them from
    public init(_ encoded: EncodedSample, visual: MediaReference?, audio: MediaReference?) {
        precondition(
            encoded.slots.allSatisfy { ($0.kind == .visual ? visual : audio) != nil },
            "prompt: \(encoded.sampleID) has a place for features but no media")
        self.encoded = encoded
        self.visual = visual
        self.audio = audio
    }

    /// What takes the places of a kind.
    func reference(_ kind: MediaKind) -> MediaReference? { kind == .visual ? visual : audio }
}

/// Gives the features of a medium as tokens: [tokens, features].
public typealias FeatureLookup = (MediaReference, MediaKind) throws -> Tensor
