internal import Datasets
internal import Kernels
internal import Layers
internal import Models
internal import Recipes
internal import Tensors
internal import Training

/// Samples of a few tokens with made-up features, one of each modality that a model takes in.
struct MadeUpBatch {
    static let visualFeatureSize = 6
    static let audioFeatureSize = 5
    private static let featureCounts = MediaTokenCounts(visual: 3, audio: 2)

    private let hasBoundaries: [MediaKind: Bool]
    private let vocabularyCount: Int

    private init(_ model: Recipe.Model, vocabularyCount: Int) {
        hasBoundaries = [
            .visual: model.visual?.hasBoundaryTokens ?? false,
            .audio: model.audio?.hasBoundaryTokens ?? false,
        ]
        self.vocabularyCount = vocabularyCount
    }

    /// The batch for a recipe's model.
    static func batch(
        for model: Recipe.Model, vocabularyCount: Int, weights: Recipe.LossWeights?
    ) -> AudioVisualBatch {
        let modalities = Modality.allCases.filter {
            (model.visual != nil || !$0.hasVisual) && (model.audio != nil || !$0.hasAudio)
        }
        let maker = MadeUpBatch(model, vocabularyCount: vocabularyCount)
        let packed = PackedBatch(
            modalities.enumerated().map { maker.sample($1, number: $0) })
        let lossWeights = weights.map { weights in
            zip(packed.modalities, packed.supervisedRanges).flatMap {
                [Double](repeating: weights[$0], count: $1.count)
            }
        }
        return AudioVisualBatch(
            tokens: packed.tokens, layout: SequenceLayout(lengths: packed.segments.map(\.count)),
            visual: maker.media(packed.visual, .visual, visualFeatureSize),
            audio: maker.media(packed.audio, .audio, audioFeatureSize),
            supervisedRows: packed.supervisedRows, targets: packed.targets,
            lossWeights: lossWeights)
    }

    private func tokenCount(_ kind: MediaKind) -> Int {
        Self.featureCounts[kind] + (hasBoundaries[kind] == true ? ClipBoundaries.tokenCount : 0)
    }

    /// A question with its media, an answer, and for text a second turn.
    private func sample(_ modality: Modality, number: Int) -> EncodedSample {
        var slots: [MediaSlot] = []
        var next = 1
        for kind in MediaKind.allCases
        where kind == .visual ? modality.hasVisual : modality.hasAudio {
            slots.append(MediaSlot(kind: kind, range: next..<next + tokenCount(kind)))
            next += tokenCount(kind)
        }
        var labelled = [Bool](repeating: false, count: next + 2 + number)
        labelled += [true, true, true]
        if modality == .text { labelled += [false, false, true, true] }
        let tokens = labelled.indices.map { Int32(($0 * 11 + number * 17) % vocabularyCount) }
        return EncodedSample(
            sampleID: modality.rawValue, modality: modality, tokens: tokens, slots: slots,
            labels: zip(tokens, labelled).map { $1 ? $0 : EncodedSample.unsupervised })
    }

    private func media(
        _ rows: PackedBatch.MediaRows, _ kind: MediaKind, _ size: Int
    ) -> MediaRows? {
        guard !rows.rows.isEmpty else { return nil }
        var stream = RandomStream(seed: 3, name: kind.rawValue)
        let count = Self.featureCounts[kind]
        let clips = rows.owners.map { _ -> Tensor in
            let clip = Tensor(
                (0..<count * size).map { _ in Float(stream.normal()) }, shape: [count, size])
            return (hasBoundaries[kind] == true ? ClipBoundaries.marked(clip) : clip)
                .converted(to: .float64)
        }
        return MediaRows(rows: rows.rows, features: Tensor.concatenated(clips, axis: 0))
    }
}
