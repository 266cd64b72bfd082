import Datasets
import Models
import Tensors

/// Prompts end to end as one block of rows, each a sequence of its own.
enum PackedPrompts {
    static func input(
        _ prompts: [Prompt], features: FeatureLookup
    ) throws -> AudioVisualBatch {
        let packed = PackedBatch(prompts.map(\.encoded))
        return AudioVisualBatch(
            tokens: packed.tokens,
            layout: SequenceLayout(lengths: prompts.map(\.encoded.tokens.count)),
            visual: try media(.visual, packed.visual, prompts, features),
            audio: try media(.audio, packed.audio, prompts, features), supervisedRows: [],
            targets: [])
    }

    private static func media(
        _ kind: MediaKind, _ places: PackedBatch.MediaRows, _ prompts: [Prompt],
        _ features: FeatureLookup
    ) throws -> MediaRows? {
        guard !places.rows.isEmpty else { return nil }
        let blocks: [Tensor] = try places.owners.compactMap { owner in
            try prompts[owner].reference(kind).map { try features($0, kind) }
        }
        return MediaRows(
            rows: places.rows, features: Tensor.concatenated(blocks, axis: 0))
    }
}
