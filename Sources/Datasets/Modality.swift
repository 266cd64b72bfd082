/// What a sample shows the model, and so which encoders it switches on.
public enum Modality: String, Sendable, Codable, CaseIterable, Hashable {
    case visual
    case audio
    case audioVisual = "audio-visual"
    case text

    /// The modality of a sample with these media.
    public init(hasVisual: Bool, hasAudio: Bool) {
        switch (hasVisual, hasAudio) {
        case (true, true): self = .audioVisual
        case (true, false): self = .visual
        case (false, true): self = .audio
        case (false, false): self = .text
        }
    }

    /// Whether samples of this modality show pictures.
    public var hasVisual: Bool { self == .visual || self == .audioVisual }

    /// Whether samples of this modality sound.
    public var hasAudio: Bool { self == .audio || self == .audioVisual }
}

/// The kind of features that stand at a place of the prompt.
public enum MediaKind: String, Sendable, Codable, CaseIterable, Hashable {
    case visual
    case audio
}
