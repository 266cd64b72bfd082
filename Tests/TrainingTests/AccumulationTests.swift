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
    /// Differences of gradients: relative to the largest gradient of all, and in the worst parameter relative
    /// to its own largest.
    private struct Difference {
        var ofAll = 0.0
        var ofParameter = 0.0

        mutating func include(_ other: Difference) {
            ofAll = max(ofAll, other.ofAll)
            ofParameter = max(ofParameter, other.ofParameter)
        }
    }

    /// Sums of some hundred numbers in another order; in single precision 2⁻²⁴ each, more in parameters
    /// whose gradients are small sums of large numbers.
    private static let tolerances: [(type: ScalarType, ofAll: Double, ofParameter: Double)] = [
        (.float32, 1e-6, 4e-6), (.float64, 1e-12, 1e-12),
    ]

    /// A model of a few thousand numbers with projectors and adapters, all of which matter.
    private static func model(_ type: ScalarType) throws -> Assembly<AudioVisualModel> {
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
            fresh: ["*"], seed: 3, scalarType: type
        ).assemble {
            try AudioVisualModel(
                configuration, visualFeatureSize: 5, audioFeatureSize: 4, at: $0)
        }
        for parameter in assembly.trainedParameters where parameter.path.contains("lora_B") {
            try parameter.assign(
                values(parameter.shape, name: parameter.path).converted(to: type))
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

    private static func batch(
        _ samples: ArraySlice<EncodedSample>, _ type: ScalarType, isWeighted: Bool
    ) -> AudioVisualBatch {
        let packed = PackedBatch(Array(samples))
        func media(_ rows: PackedBatch.MediaRows, _ name: String, _ width: Int) -> MediaRows? {
            guard !rows.rows.isEmpty else { return nil }
            let blocks = zip(rows.owners, rows.rowCounts).map { owner, count in
                values([count, width], name: "\(name)/\(packed.sampleIDs[owner])")
            }
            return MediaRows(
                rows: rows.rows,
                features: Tensor.concatenated(blocks, axis: 0).converted(to: type))
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

    private static func difference(
        _ whole: GradientWindow, _ parts: GradientWindow, _ parameters: [Parameter]
    ) throws -> Difference {
        var (largest, greatest, ofParameter) = (0.0, 0.0, 0.0)
        for parameter in parameters {
            guard let a = whole[parameter]?.doubles else {
                #expect(parts[parameter] == nil)
                continue
            }
            let b = try #require(parts[parameter]?.doubles)
            let size = a.reduce(0) { max($0, abs($1)) } / whole.weight
            let difference = zip(a, b).reduce(0) {
                max($0, abs($1.0 / whole.weight - $1.1 / parts.weight))
            }
            largest = max(largest, difference)
            greatest = max(greatest, size)
            ofParameter = max(ofParameter, difference / size)
        }
        return Difference(ofAll: largest / greatest, ofParameter: ofParameter)
    }

    private static func window(
        _ batches: [ArraySlice<EncodedSample>], _ assembly: Assembly<AudioVisualModel>,
        _ type: ScalarType, isWeighted: Bool
    ) -> GradientWindow {
        batches.reduce(into: GradientWindow()) { window, samples in
            let batch = batch(samples, type, isWeighted: isWeighted)
            window.add(
                gradients(of: assembly.model.loss(of: batch).loss),
                of: assembly.trainedParameters, weight: batch.lossWeight)
        }
    }

    /// Says the largest difference of all, too.
    @Test(arguments: tolerances)
    func windowsEqualBigBatches(
        _ tolerance: (type: ScalarType, ofAll: Double, ofParameter: Double)
    ) throws {
        let assembly = try Self.model(tolerance.type)
        var (largest, windowCount) = (Difference(), 0)
        for (size, isWeighted) in [1, 2, 3, 5].flatMap({ [($0, false), ($0, true)] }) {
            for start in stride(from: 0, to: Self.samples.count, by: 3 * size) {
                // The last window is a partial one, and so may be its last micro-batch.
                let whole = Self.samples[start..<min(start + 3 * size, Self.samples.count)]
                let parts = stride(from: start, to: whole.endIndex, by: size).map {
                    whole[$0..<min($0 + size, whole.endIndex)]
                }
                largest.include(
                    try Self.difference(
                        Self.window([whole], assembly, tolerance.type, isWeighted: isWeighted),
                        Self.window(parts, assembly, tolerance.type, isWeighted: isWeighted),
                        assembly.trainedParameters))
                windowCount += 1
            }
        }
        #expect(largest.ofAll <= tolerance.ofAll)
        #expect(largest.ofParameter <= tolerance.ofParameter)
        print(
            "micro-batches against big batches, \(tolerance.type), \(windowCount) windows: largest",
            "relative difference of gradients \(largest.ofAll), in one parameter",
            "\(largest.ofParameter)")
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
        var (loss, norm) = (0.0, 0.0)
        for (a, b) in zip(whole.steps, parts.steps) {
            loss = max(loss, abs(a.loss - b.loss) / a.loss)
            norm = max(norm, abs(a.gradientNorm - b.gradientNorm) / a.gradientNorm)
            #expect(a.modalities.mapValues(\.sampleCount) == b.modalities.mapValues(\.sampleCount))
            #expect(a.packing.tokenCount == b.packing.tokenCount)
        }
        #expect(loss <= Self.floatTolerance && norm <= Self.floatTolerance)
        print(
            "a trainer's steps in four parts against whole ones: largest relative difference of",
            "losses \(loss), of gradient norms \(norm)")
        #expect(try run.checkpoint("whole").ledger == run.checkpoint("parts").ledger)
    }
}
