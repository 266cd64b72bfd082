import Tensors

/// A sound as an encoder with fusion takes it: one spectrogram, and crops of it when it is longer than
/// the encoder's window.
public struct SpectrogramViews: Sendable {
    /// The sound, or the whole of a longer one shrunk to the window.
    public let whole: Spectrogram
    /// Crops of a longer sound, from its front to its back; none for others.
    public let crops: [Spectrogram]

    /// Takes a sound, and crops of the same size.
    ///
    /// Throws: `ModelError` when a crop has another size
    public init(whole: Spectrogram, crops: [Spectrogram] = []) throws {
        guard crops.allSatisfy({ $0.values.shape == whole.values.shape }) else {
            throw ModelError(
                .input, subject: "spectrogram",
                detail: "crops of \(crops.map(\.values.shape)) beside \(whole.values.shape)",
                hint: "crop as many frames as the window has")
        }
        self.whole = whole
        self.crops = crops
    }
}
