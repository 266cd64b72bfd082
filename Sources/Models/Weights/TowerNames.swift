/// The names of a frozen tower in Hugging Face's files: under its own prefix, without one, or inside of a
/// model that puts another before it.
///
/// Paths are the hub's, such as `vision_model.…` and `visual_projection.weight`.
public struct TowerNames: NameTable {
    /// What a family's files have in common.
    public struct Family: Sendable {
        /// What stands before a path, and before the name of the map to the space shared with text.
        let path: String, projection: String
        /// A tensor that every tower has, below the path.
        let first: String
        /// What may stand before a tower's names instead of the path, the usual first.
        let prefixes: [String]
        /// The parts of a tower, by which its names are known where no prefix tells them.
        let parts: [String]
        /// How names end that no model has a use for.
        let needless: [String]
        /// Whose files these are.
        let title: String
    }

    private let family: Family
    private let prefix: String
    /// Whether the file holds the map to the space shared with text.
    let hasProjection: Bool

    /// The table for a file's names.
    ///
    /// Throws: `ModelError` when no tower is among them
    public init(_ family: Family, storedNames: [String], subject: String) throws {
        let stored = Set(storedNames)
        guard let prefix = family.prefixes.first(where: { stored.contains($0 + family.first) })
        else {
            throw ModelError(
                .weights, subject: subject,
                detail: "no tensor is named '\(family.path)\(family.first)', under any known "
                    + "prefix",
                hint: "use the safetensors of a \(family.title) model")
        }
        self.family = family
        self.prefix = prefix
        hasProjection = stored.contains { $0.hasPrefix(family.projection) }
    }

    public func location(of path: String) -> StoredLocation? {
        if path.hasPrefix(family.projection) { return StoredLocation(path) }
        guard path.hasPrefix(family.path) else { return nil }
        return StoredLocation(prefix + path.dropFirst(family.path.count))
    }

    public func paths(of storedName: String) -> [String]? {
        if storedName.hasPrefix(family.projection) { return [storedName] }
        if family.needless.contains(where: storedName.hasSuffix) { return [] }
        let rest = storedName.dropFirst(prefix.count)
        guard storedName.hasPrefix(prefix), family.parts.contains(where: rest.hasPrefix) else {
            // Text towers, language models and scales of logits.
            return storedName.hasPrefix(prefix) && !prefix.isEmpty ? nil : []
        }
        return [family.path + rest]
    }
}

extension TowerNames.Family {
    /// CLIP's and SigLIP's vision towers; transformers 5 saves a tower without `vision_model.`
    public static var vision: Self {
        Self(
            path: "vision_model.", projection: "visual_projection.",
            first: "embeddings.patch_embedding.weight",
            prefixes: [
                "vision_model.", "vision_tower.vision_model.", "model.vision_tower.vision_model.",
                "model.vision_tower.", "vision_tower.", "model.vision_model.", "",
            ],
            parts: ["embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "head."],
            // A buffer of older files that counts 0, 1, 2 …
            needless: ["embeddings.position_ids"], title: "CLIP or SigLIP")
    }

    /// CLAP's audio tower.
    public static var clap: Self {
        Self(
            path: "audio_model.audio_encoder.", projection: "audio_projection.",
            first: "patch_embed.proj.weight",
            prefixes: ["audio_model.audio_encoder.", "audio_encoder.", ""],
            parts: ["patch_embed.", "layers.", "batch_norm.", "norm."],
            // Buffers that follow from the sizes, and counters of training.
            needless: ["relative_position_index", "num_batches_tracked"], title: "CLAP")
    }
}
