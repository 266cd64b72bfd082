import Checkpointing
import Datasets
import Kernels
import Layers
import Models
import Optimization
import Tensors
import Testing
import Training

/// Micro-batches of a step make the gradient of one big batch, whatever they hold.
@Suite struct AccumulationTests {
    /// Sums of some hundred doubles in another order.
    private static let relativeTolerance = 1e-12

    /// A model of a few thousand doubles with projectors and adapters, all of which matter.
    private static func model() throws -> Assembly<AudioVisualModel> {
        let configuration = try LanguageModelConfiguration(
            vocabularyCount: 40, hiddenSize: 16, feedForwardSize: 24, layerCount: 2,
            queryHeadCount: 4, keyValueHeadCount: 2, headSize: 4, normEpsilon: 1e-5,
            rotaryBase: 10_000, positionCount: 64, isTied: false)
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj", "v_proj", "down_proj"]), rank: 2, alpha: 4)
        let assembly = try Blueprint(
            source: DictionaryWeights([:]),
            plan: TrainingPlan(
                trained: ["model.mm_projector*.weight", "model.mm_projector*.bias"],
                adaptation: adaptation),
            fresh: ["*"], seed: 3, scalarType: .float64
        ).assemble {
            try AudioVisualModel(
                configuration, visualFeatureSize: 5, audioFeatureSize: 4, at: $0)
        }
        for parameter in assembly.trainedParameters where parameter.path.contains("lora_B") {
            try parameter.assign(values(parameter.shape, name: parameter.path))
        }
        return assembly
    }

    private static func values(_ shape: [Int], name: String) -> Tensor {
        var stream = RandomStream(seed: 5, name: name)
        return Tensor(
            doubles: (0..<shape.reduce(1, *)).map { _ in stream.normal() / 2 }, shape: shape)
    }

    /// Samples of all modalities, of 6 to 23 tokens, of which 1 to 7 are learnt.
    private static let samples: [EncodedSample] = (0..<17).map { index in
        let modality = Modality.allCases[index % 4]
        let kinds = MediaKind.allCases.filter {
            $0 == .visual ? modality.hasVisual : modality.hasAudio
        }
        var slots: [MediaSlot] = []
        var next = 1
        for kind in kinds {
            slots.append(MediaSlot(kind: kind, range: next..<next + (kind == .visual ? 3 : 2)))
            next = slots[slots.count - 1].range.upperBound
        }
        let textCount = 1 + (index * 5) % 11
        let learntCount = 1 + (index * 3) % 7
        let count = next + textCount + learntCount
        let tokens = (0..<count).map { Int32(($0 * 7 + index * 13) % 40) }
        return EncodedSample(
            sampleID: "\(index)", modality: modality, tokens: tokens, slots: slots,
            labels: tokens.indices.map {
                $0 < count - learntCount ? EncodedSample.unsupervised : tokens[$0]
            })
    }

    private static func batch(_ samples: ArraySlice<EncodedSample>, isWeighted: Bool)
        -> AudioVisualBatch
    {
        let packed = PackedBatch(Array(samples))
        func media(_ rows: PackedBatch.MediaRows, _ name: String, _ width: Int) -> MediaRows? {
            guard !rows.rows.isEmpty else { return nil }
            let blocks = zip(rows.owners, rows.rowCounts).map { owner, count in
                values([count, width], name: "\(name)/\(packed.sampleIDs[owner])")
            }
            return MediaRows(rows: rows.rows, features: Tensor.concatenated(blocks, axis: 0))
        }
        let weights: [Modality: Double] = [.visual: 0.5, .audio: 2, .audioVisual: 3, .text: 1]
        return AudioVisualBatch(
            tokens: packed.tokens, layout: SequenceLayout(lengths: packed.segments.map(\.count)),
            visual: media(packed.visual, "visual", 5), audio: media(packed.audio, "audio", 4),
            supervisedRows: packed.supervisedRows, targets: packed.targets,
            lossWeights: isWeighted
                ? zip(packed.modalities, packed.supervisedRanges).flatMap {
                    [Double](repeating: weights[$0] ?? 1, count: $1.count)
                } : nil)
    }

    /// The largest difference in any parameter, relative to that parameter's largest gradient.
    private static func difference(
        _ whole: GradientWindow, _ parts: GradientWindow, _ parameters: [Parameter]
    ) throws -> Double {
        var worst = 0.0
        for parameter in parameters {
            guard let a = whole[parameter]?.doubles else {
                #expect(parts[parameter] == nil)
                continue
            }
            let b = try #require(parts[parameter]?.doubles)
            let size = a.reduce(0) { max($0, abs($1)) } / whole.weight
            for (a, b) in zip(a, b) {
                worst = max(worst, abs(a / whole.weight - b / parts.weight) / size)
            }
        }
        return worst
    }

    @Test(arguments: [1, 2, 3, 5], [false, true])
    func windowsEqualBigBatches(microBatchSize: Int, isWeighted: Bool) throws {
        let assembly = try Self.model()
        let parameters = assembly.trainedParameters
        func window(_ batches: [ArraySlice<EncodedSample>]) -> GradientWindow {
            var window = GradientWindow()
            for samples in batches {
                let batch = Self.batch(samples, isWeighted: isWeighted)
                let result = assembly.model.loss(of: batch)
                window.add(
                    gradients(of: result.loss), of: parameters, weight: batch.lossWeight)
            }
            return window
        }
        let windowSize = 3 * microBatchSize
        for start in stride(from: 0, to: Self.samples.count, by: windowSize) {
            // The last window is a partial one, and so may be its last micro-batch.
            let whole = Self.samples[start..<min(start + windowSize, Self.samples.count)]
            let parts = stride(from: start, to: whole.endIndex, by: microBatchSize).map {
                whole[$0..<min($0 + microBatchSize, whole.endIndex)]
            }
            let difference = try Self.difference(window([whole]), window(parts), parameters)
            #expect(difference <= Self.relativeTolerance)
        }
    }

    /// Float32 sums in another order.
    private static let floatTolerance = 1e-6

    @Test func aStepOfTheTrainerIsTheSameInParts() async throws {
        let run = try TinyRun()
        let settings = [
            "train.steps=null", "train.epochs=2", "train.lora.dropout=0", "train.lora.patterns=[]",
            "optimizer.learning_rate=1e-12", "validation.every_steps=0",
            "data.batch={visual: 3, audio: 2, audio_visual: 2, per: step}",
            "train.loss_weights={visual: 0.5, audio: 2}",
        ]
        let (whole, parts) = (Events(), Events())
        try await run.train("whole", settings + ["train.accumulation=1"], observe: whole.add)
        try await run.train("parts", settings + ["train.accumulation=4"], observe: parts.add)
        #expect(whole.steps.count == 6 && parts.steps.count == 6)
        for (a, b) in zip(whole.steps, parts.steps) {
            #expect(abs(a.loss - b.loss) <= Self.floatTolerance * a.loss)
            #expect(
                abs(a.gradientNorm - b.gradientNorm) <= Self.floatTolerance * a.gradientNorm)
            #expect(a.modalities.mapValues(\.sampleCount) == b.modalities.mapValues(\.sampleCount))
            #expect(a.packing.tokenCount == b.packing.tokenCount)
        }
        #expect(try run.checkpoint("whole").ledger == run.checkpoint("parts").ledger)
    }
}
