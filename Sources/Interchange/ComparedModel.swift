import Checkpointing
import Datasets
import Kernels
import Layers
import Models
import Tensors
import Training

/// A model as one side of a comparison: read layer by layer, so that it need not fit in memory.
struct ComparedModel {
    let language: LayerwiseLanguageModel
    let projectors: [String: StoredArray<Float>]
    /// Text to tokens, as this side has it.
    let prompts: PromptEncoder

    /// What it makes of probes.
    struct Result {
        /// Where each probe's rows lie.
        let ranges: [Range<Int>]
        let tokens: [Int32]
        /// [t, hidden]
        let embeddings: Tensor
        /// [t, v]
        let logits: Tensor
    }

    /// The scores at every row of all probes, end to end; `between` is called between layers.
    ///
    /// Throws: when a weight cannot be read or a prompt does not fit, and what `between` throws
    func result(
        of probes: [Probe], counts: MediaTokenCounts, between: @escaping () throws -> Void
    ) throws -> Result {
        var language = language
        language.beforeLayer = between
        let encoded = try probes.map { try prompts.prompt(for: $0.sample, mediaTokens: counts) }
        let tokens = encoded.flatMap(\.tokens)
        var ranges: [Range<Int>] = []
        for sample in encoded {
            let start = ranges.last?.upperBound ?? 0
            ranges.append(start..<start + sample.tokens.count)
        }
        var embeddings = try language.embeddings(of: tokens)
        for kind in MediaKind.allCases {
            var rows: [Int32] = []
            var features: [Tensor] = []
            for (index, sample) in encoded.enumerated() {
                let medium = kind == .visual ? probes[index].visual : probes[index].audio
                guard let medium else { continue }
                for slot in sample.slots where slot.kind == kind {
                    rows += slot.range.map { Int32(ranges[index].lowerBound + $0) }
                    if slot.firstToken == 0 { features.append(medium) }
                }
            }
            guard !rows.isEmpty else { continue }
            let projected = try project(Tensor.concatenated(features, axis: 0), kind)
            embeddings = withoutGradients { embeddings.replacingRows(rows, with: projected) }
        }
        let layout = SequenceLayout(lengths: ranges.map(\.count))
        return Result(
            ranges: ranges, tokens: tokens, embeddings: embeddings,
            logits: try language.logits(embeddings, layout: layout))
    }

    private func project(_ features: Tensor, _ kind: MediaKind) throws -> Tensor {
        let name = kind == .visual ? "mm_projector" : "mm_projector_a"
        let prefix = "model.\(name)."
        let weights = projectors.filter { $0.key.hasPrefix(prefix) }
            .mapValues { (shape: $0.shape, values: $0.scalars) }
        let kind = ProjectorKind(names: weights.keys.map { String($0.dropFirst(prefix.count)) })
        let hasBoundaryTokens = weights["\(prefix)begin_token"] != nil
        let projector = try Blueprint(source: DictionaryWeights(weights)).assemble {
            try Projector(
                kind ?? .linear, featureSize: features.shape[1] - (hasBoundaryTokens ? 1 : 0),
                hiddenSize: language.configuration.hiddenSize,
                hasBoundaryTokens: hasBoundaryTokens, at: $0 / "model" / name)
        }.model
        return withoutGradients { projector(features) }
    }
}
