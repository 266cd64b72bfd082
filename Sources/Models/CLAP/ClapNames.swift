/// The names of CLAP's audio tower in Hugging Face's files.
///
/// Paths are the hub's: `audio_model.audio_encoder.…` and `audio_projection.linear1`.
public struct ClapNames: NameTable {
    private static let path = "audio_model.audio_encoder."
    private static let projection = "audio_projection."
    private static let first = "patch_embed.proj.weight"
    private static let prefixes = ["audio_model.audio_encoder.", "audio_encoder.", ""]
    private static let parts = ["patch_embed.", "layers.", "batch_norm.", "norm."]
    /// Buffers that follow from the sizes, and counters of training.
    private static let needless = ["relative_position_index", "num_batches_tracked"]

    private let prefix: String
    /// Whether the file holds the map to the space shared with text.
    let hasProjection: Bool

    /// The table for a file's names.
    ///
    /// Throws: `ModelError` when no tower is among them
    public init(storedNames: [String], subject: String) throws {
        let stored = Set(storedNames)
        guard let prefix = Self.prefixes.first(where: { stored.contains($0 + Self.first) }) else {
            throw ModelError(
                .weights, subject: subject,
                detail: "no tensor is named '\(Self.path)\(Self.first)', under any known prefix",
                hint: "use the safetensors of a CLAP model")
        }
        self.prefix = prefix
        hasProjection = stored.contains("\(Self.projection)linear1.weight")
    }

    public func location(of path: String) -> StoredLocation? {
        if path.hasPrefix(Self.projection) { return StoredLocation(path) }
        guard path.hasPrefix(Self.path) else { return nil }
        return StoredLocation(prefix + path.dropFirst(Self.path.count))
    }

    public func paths(of storedName: String) -> [String]? {
        if storedName.hasPrefix(Self.projection) { return [storedName] }
        if Self.needless.contains(where: storedName.hasSuffix) { return [] }
        let rest = storedName.dropFirst(prefix.count)
        guard storedName.hasPrefix(prefix), Self.parts.contains(where: rest.hasPrefix) else {
            // The text tower and scales of logits.
            return storedName.hasPrefix(prefix) && !prefix.isEmpty ? nil : []
        }
        return [Self.path + rest]
    }
}
