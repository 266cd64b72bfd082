import Datasets
import Foundation
import Kernels
import Layers
import Models
import Tensors
import TestKit
import Testing
import Training

/// Samples that share what they begin with give the same losses and gradients as one at a time.
@Suite struct PrefixSharingTests {
    private static let featureSize = 6
    private static let frameCount = 5

    /// A small model with projectors and adapters, its adapters as if trained for a while.
    private struct Scene {
        let model: AudioVisualModel
        let trained: [Parameter]

        init(isDouble: Bool) throws {
            let configuration = try LanguageModelConfiguration(
                vocabularyCount: 40, hiddenSize: 16, feedForwardSize: 24, layerCount: 2,
                queryHeadCount: 4, keyValueHeadCount: 2, headSize: 4, normEpsilon: 1e-5,
                rotaryBase: 10_000, positionCount: 128, isTied: false)
            let plan = TrainingPlan(
                trained: [
                    "model.mm_projector*.weight", "model.mm_projector*.bias",
                    "model.mm_projector*_token",
                ],
                adaptation: try LowRankAdaptation(
                    targets: .suffixes(["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]),
                    rank: 3, alpha: 6))
            let nothing: [String: (shape: [Int], values: [Float])] = [:]
            let assembly = try Blueprint(
                source: DictionaryWeights(nothing), plan: plan, fresh: ["*"], seed: 3,
                scalarType: isDouble ? .float64 : .float32
            ).assemble { scope in
                try AudioVisualModel(
                    configuration, visualFeatureSize: PrefixSharingTests.featureSize,
                    audioFeatureSize: PrefixSharingTests.featureSize,
                    visualHasBoundaryTokens: true, at: scope)
            }
            model = assembly.model
            trained = assembly.trainedParameters
            for adapter in assembly.adapters {
                let values = GradientCheck.fixedValues(adapter.b.shape, seed: 5)
                try adapter.b.assign(isDouble ? values : values.converted(to: .float32))
            }
        }

        /// Losses by target, and the gradients of their sum, each times the weight of its sample.
        func result(
            _ batch: PackedBatch, media: [[MediaKind: Int]], weights: [Double]
        ) -> (losses: [Double], gradients: Gradients) {
            func rows(_ kind: MediaKind, _ rows: PackedBatch.MediaRows) -> MediaRows? {
                if rows.rows.isEmpty { return nil }
                let parts = zip(rows.owners, rows.tokens).map { owner, tokens -> Tensor in
                    let medium = media[owner][kind] ?? 0
                    let features = GradientCheck.fixedValues(
                        [PrefixSharingTests.frameCount, PrefixSharingTests.featureSize],
                        seed: 100 * medium + (kind == .visual ? 1 : 2)
                    ).converted(to: .float32)
                    return (kind == .visual ? ClipBoundaries.marked(features) : features)
                        .slice(axis: 0, tokens)
                }
                let features = Tensor.concatenated(parts, axis: 0)
                let isDouble = trained[0].value.scalarType == .float64
                return MediaRows(
                    rows: rows.rows,
                    features: isDouble ? features.converted(to: .float64) : features)
            }
            let input = AudioVisualBatch(
                batch, visual: rows(.visual, batch.visual), audio: rows(.audio, batch.audio),
                lossWeights: zip(weights, batch.supervisedRanges).flatMap {
                    [Double](repeating: $0, count: $1.count)
                })
            let result = model.loss(of: input)
            return (result.losses, Tensors.gradients(of: result.loss))
        }

        /// Losses of one sample after another, and the sums of their gradients.
        func results(
            _ samples: [EncodedSample], media: [[MediaKind: Int]], weights: [Double]
        ) -> (losses: [Double], gradients: [Int: [Double]]) {
            var losses: [Double] = []
            var sums: [Int: [Double]] = [:]
            for (index, sample) in samples.enumerated() {
                let alone = result(
                    PackedBatch([sample]), media: [media[index]], weights: [weights[index]])
                losses += alone.losses
                for parameter in trained {
                    guard let gradient = alone.gradients[parameter.key]?.doubles else { continue }
                    sums[parameter.key] =
                        sums[parameter.key].map { zip($0, gradient).map(+) } ?? gradient
                }
            }
            return (losses, sums)
        }
    }

    /// Four opening tokens, a picture between boundary tokens, a sound, a question and an answer, of
    /// several lengths.
    private static func samples() -> ([EncodedSample], [[MediaKind: Int]]) {
        var samples: [EncodedSample] = []
        var media: [[MediaKind: Int]] = []
        for (clip, question, length) in [
            (1, 5, 3), (1, 6, 4), (2, 5, 2), (1, 5, 5), (2, 7, 1), (3, 5, 3), (1, 6, 2),
        ] {
            var tokens: [Int32] = [1, 2, 3, 4]
            let visual = tokens.count..<tokens.count + frameCount + ClipBoundaries.tokenCount
            tokens += [Int32](repeating: 0, count: visual.count) + [8]
            let audio = tokens.count..<tokens.count + frameCount
            tokens += [Int32](repeating: 0, count: frameCount) + [9, Int32(question), 10]
            let answer = (0..<length).map { Int32(11 + (clip * 7 + question + $0 * length) % 29) }
            samples.append(
                EncodedSample(
                    sampleID: "\(samples.count)", modality: .audioVisual, tokens: tokens + answer,
                    slots: [
                        MediaSlot(kind: .visual, range: visual),
                        MediaSlot(kind: .audio, range: audio),
                    ],
                    labels: tokens.map { _ in EncodedSample.unsupervised } + answer))
            // The third clip shows the first one's picture with another sound.
            media.append([.visual: clip == 3 ? 1 : clip, .audio: clip])
        }
        return (samples, media)
    }

    /// Sums in another order: 24 bits of Float32 and 53 of Double, over some hundred numbers.
    private static let tolerances = [(isDouble: false, value: 1e-5), (true, 1e-10)]

    /// Says the largest differences, too; with a least length of 1,000 nothing is shared.
    @Test(arguments: tolerances, [1, 4, 16, 1_000])
    func packedEqualsOneAtATime(_ tolerance: (isDouble: Bool, value: Double), _ least: Int)
        throws
    {
        let scene = try Scene(isDouble: tolerance.isDouble)
        let (samples, media) = Self.samples()
        let batch = PackedBatch(samples, media: media, leastShared: least)
        let tokenCount = samples.reduce(0) { $0 + $1.tokens.count }
        #expect(least == 1_000 || batch.tokens.count < tokenCount * 3 / 4)
        let weights = samples.indices.map { 0.5 + Double($0 % 3) }
        let packed = scene.result(batch, media: media, weights: weights)
        let alone = scene.results(samples, media: media, weights: weights)
        #expect(packed.losses.count == batch.targets.count)
        #expect(packed.losses.count == alone.losses.count)
        let loss = zip(alone.losses, packed.losses).reduce(0) {
            max($0, abs($1.0 - $1.1) / abs($1.0))
        }
        var gradient = 0.0
        for parameter in scene.trained {
            let expected = try #require(alone.gradients[parameter.key])
            let found = try #require(packed.gradients[parameter.key]).doubles
            let difference = zip(expected, found).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let length = expected.reduce(0.0) { $0 + $1 * $1 }
            #expect(length > 0)
            gradient = max(gradient, (difference / length).squareRoot())
        }
        #expect(loss <= tolerance.value && gradient <= tolerance.value)
        print(
            "\(batch.tokens.count) packed rows of \(tokenCount) tokens against one sample at a time,",
            "\(tolerance.isDouble ? "float64" : "float32"): largest relative difference of losses",
            "\(loss), of gradients \(gradient)")
    }

    /// Six questions about one clip.
    private static func runOverOneClip() throws -> TinyRun {
        let run = try TinyRun()
        let opening = #""value": "<image>\n<audio>\nLook and listen closely: "#
        let rows = (0..<6).map { index in
            #"{"id": "q\#(index)", "image": "0.picture", "audio": "0.wav", "conversations": "#
                + #"[{"from": "human", \#(opening)what is number \#(index)?"}, "#
                + #"{"from": "gpt", "value": "It is \#(index)."}]}"#
        }
        try run.write("[" + rows.joined(separator: ",\n") + "]", to: "train.json")
        return run
    }

    private static let settings = [
        "data.batch={audio_visual: 3}", "data.validation=[]", "validation.every_steps=0",
        "data.audio_variants=0", "data.augmentation=null", "train.lora.dropout=0",
        "train.lora.patterns=[]", "train.accumulation=1", "train.steps=4",
    ]

    @Test func runsShareWhatTheirSamplesHaveInCommonAndResumeToTheBit() async throws {
        let run = try Self.runOverOneClip()
        let events = Events()
        try await run.train("straight", Self.settings, observe: events.add)
        #expect(events.steps.count == 4)
        for step in events.steps {
            #expect(step.packing.rowCount < step.packing.tokenCount * 3 / 4)
        }
        try await run.train("stopped", Self.settings, stoppingAfter: 3)
        let summary = try await run.train("stopped", Self.settings, resuming: true)
        try expectEqual(run, "straight", "stopped")
        let packing = summary.packing
        #expect(packing.tokenCount == events.steps.reduce(0) { $0 + $1.packing.tokenCount })
        #expect(packing.rowCount == events.steps.reduce(0) { $0 + $1.packing.rowCount })
        #expect(packing.paddedCount == events.steps.reduce(0) { $0 + $1.packing.paddedCount })
    }

    @Test func metricsAndSummarySayWhatSharingSaves() async throws {
        let run = try Self.runOverOneClip()
        let events = Events()
        try await run.train("run", Self.settings, observe: events.add)
        let lines = try String(contentsOf: run.url("run/metrics.jsonl"), encoding: .utf8)
            .split(separator: "\n").map { Data($0.utf8) }
        let summary = try Data(contentsOf: run.url("run/summary.json"))
        var (tokens, rows) = (0, 0)
        for (line, step) in zip(lines + [summary], events.steps.map(Optional.some) + [nil]) {
            let row = try #require(
                try JSONSerialization.jsonObject(with: line) as? [String: Any])
            let (found, computed) = (row["tokens"] as? Int, row["rows"] as? Int)
            #expect(found == step?.packing.tokenCount ?? tokens)
            #expect(computed == step?.packing.rowCount ?? rows)
            tokens += found ?? 0
            rows += computed ?? 0
            let (padded, efficiency) = (row["padded_tokens"], row["packing_efficiency"])
            #expect(try #require(padded as? Int) >= found ?? .max)
            #expect(try #require(efficiency as? Double) > 4.0 / 3)
        }
        #expect(lines.count == 4 && tokens > 0)
    }

    @Test(arguments: [
        ["train.lora.dropout=0.1"],
        ["train.lora.patterns=[{match: 'layers\\.1', dropout: 0.1}]"],
    ])
    func withDropoutNothingIsShared(_ dropping: [String]) async throws {
        let run = try Self.runOverOneClip()
        let events = Events()
        try await run.train(
            "run", Self.settings + ["train.steps=1"] + dropping, observe: events.add)
        // Each of the samples ends with a token and a line break that nothing depends on.
        #expect(
            events.steps.map(\.packing.rowCount)
                == events.steps.map { $0.packing.tokenCount - 2 * 3 })
    }

    @Test func whatIsHeldBackIsNotSharedWithWhatIsShown() async throws {
        let run = try Self.runOverOneClip()
        let bench = try Workbench(recipe: try run.recipe("run", Self.settings))
        let samples = try AnnotationReader(tags: bench.tags).read("\(run.folder)/train.json")
        try await bench.features.prepare(samples, variants: false, ablations: true)
        let reader = bench.features.reader
        let shown = zip(samples, [[], .muted, .blanked, .muted, [.muted, .blanked], []]).map {
            PresentedSample($0, withholding: $1)
        }
        func losses(_ shown: [PresentedSample]) throws -> [Double] {
            let packed = PackedBatch(
                try shown.map {
                    try bench.prompts.encode($0.sample, mediaTokens: reader.tokenCounts)
                }, media: MediaReference.numbers(shown), leastShared: 1)
            return bench.model.loss(of: try reader.input(packed, shown)).losses
        }
        let together = try losses(shown)
        let alone = try shown.flatMap { try losses([$0]) }
        #expect(together.count == alone.count)
        #expect(zip(together, alone).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) })
        let asTheyAre = try losses(samples.map { PresentedSample($0) })
        #expect(zip(together, asTheyAre).contains { abs($0 - $1) > 1e-3 })
    }
}
