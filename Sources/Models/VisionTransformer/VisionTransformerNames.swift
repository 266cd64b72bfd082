/// The names of a CLIP or SigLIP vision tower in Hugging Face's files.
///
/// Paths are the hub's: `vision_model.…` and `visual_projection.weight`. transformers 5 saves a tower
/// without `vision_model.`, and models that hold one put their own prefix before it.
public struct VisionTransformerNames: NameTable {
    private static let path = "vision_model."
    private static let projection = "visual_projection.weight"
    private static let first = "embeddings.patch_embedding.weight"
    /// What may stand before a tower's names, the usual first.
    private static let prefixes = [
        "vision_model.", "vision_tower.vision_model.", "model.vision_tower.vision_model.",
        "model.vision_tower.", "vision_tower.", "model.vision_model.", "",
    ]
    /// The parts of a tower, by which its names are known where no prefix tells them.
    private static let parts = [
        "embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "head.",
    ]

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
                hint: "use the safetensors of a CLIP or SigLIP model")
        }
        self.prefix = prefix
        hasProjection = stored.contains(Self.projection)
    }

    public func location(of path: String) -> StoredLocation? {
        if path == Self.projection { return StoredLocation(path) }
        guard path.hasPrefix(Self.path) else { return nil }
        return StoredLocation(prefix + path.dropFirst(Self.path.count))
    }

    public func paths(of storedName: String) -> [String]? {
        if storedName == Self.projection { return [storedName] }
        let rest = storedName.dropFirst(prefix.count)
        guard storedName.hasPrefix(prefix), Self.parts.contains(where: rest.hasPrefix) else {
            // Text towers, language models and scales of logits.
            return storedName.hasPrefix(prefix) && !prefix.isEmpty ? nil : []
        }
        // A buffer of older files that counts 0, 1, 2 …
        return rest == "embeddings.position_ids" ? [] : [Self.path + rest]
    }
}
