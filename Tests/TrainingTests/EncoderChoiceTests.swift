import Datasets
import Foundation
import Models
import Tensors
import TestKit
import Testing
import Training

/// A recipe names a folder of Hugging Face, and its encoder is found out and set up.
@Suite struct EncoderChoiceTests {
    /// A run with CLIP's and CLAP's tiny towers for eyes and ears.
    private static func run() throws -> TinyRun {
        let run = try TinyRun()
        for (fixture, name) in [("clip_vision", "clip"), ("clap_audio_fused", "clap")] {
            try FileManager.default.copyItem(
                at: Fixtures.url("parity/\(fixture)"), to: run.url(name))
        }
        try run.write(
            #"{"feature_extractor_type": "ClapFeatureExtractor", "max_length_s": 2}"#,
            to: "clap/preprocessor_config.json")
        return run
    }

    private static func settings(_ run: TinyRun, _ more: String...) -> [String] {
        [
            "model.visual.encoder=\(run.folder)/clip", "model.visual.layer=-2",
            "model.audio.encoder=\(run.folder)/clap", "model.audio.layers=[]",
            "data.audio_variants=0", "data.augmentation=null", "train.steps=1",
            "train.accumulation=1", TinyRun.screening,
        ] + more
    }

    @Test func foldersOfCLIPAndCLAPAreTrainedOn() async throws {
        let run = try Self.run()
        let first = Events()
        try await run.train("first", Self.settings(run), observe: first.add)
        #expect(first.encodedCount == 2 * TinyRun.countPerModality)
        let again = Events()
        try await run.train("again", Self.settings(run), observe: again.add)
        #expect(again.encodedCount == 0)
        #expect(first.steps.map(\.loss) == again.steps.map(\.loss))
    }

    @Test(arguments: [
        ["model.visual.layer=-1"], ["model.visual.layer=null", "model.visual.output=pooled"],
        ["model.visual.layer=null", "model.visual.output=embedding"],
    ])
    func otherOutputsAreOtherFeatures(setting: [String]) async throws {
        let run = try Self.run()
        try await run.train("first", Self.settings(run))
        let other = Events()
        try await run.train("other", Self.settings(run) + setting, observe: other.add)
        #expect(other.encodedCount == TinyRun.countPerModality)
    }

    @Test func anotherPreprocessingIsOtherFeatures() async throws {
        let run = try Self.run()
        try await run.train("first", Self.settings(run))
        try run.write(
            #"{"feature_extractor_type": "ClapFeatureExtractor", "max_length_s": 2, "padding": "#
                + #""pad"}"#, to: "clap/preprocessor_config.json")
        let other = Events()
        try await run.train("other", Self.settings(run), observe: other.add)
        #expect(other.encodedCount == TinyRun.countPerModality)
    }

    @Test func aSoundCanBeOneVector() throws {
        let run = try Self.run()
        let bench = try Workbench(
            recipe: try run.recipe("run", Self.settings(run, "model.audio.output=embedding")))
        #expect(bench.model.audioProjector?.featureSize == 24)
        #expect(bench.model.visualProjector?.featureSize == 48)
        #expect(bench.features.reader.tokenCounts == MediaTokenCounts(visual: 2, audio: 1))
    }

    @Test func whatEncodersAreGivenIsDescribed() throws {
        let run = try Self.run()
        let features = try Workbench(recipe: try run.recipe("run", Self.settings(run))).features
        let seen = try #require(features.description(of: .visual))
        let picture = try #require(seen["encoder_input"] as? [String: Any])
        #expect(picture["mean"] as? [Double] == [0.48145466, 0.4578275, 0.40821073])
        #expect(picture["scale"] as? Double == 1.0 / 255)
        #expect(picture["shape"] as? String == "[frames, 3, 64, 64]: red, green and blue")
        #expect(
            seen["encoder_output"] as? String
                == "hidden_states[-2] of transformers' vision model without its first row, the class "
                + "token, patch by patch, row by row")
        let heard = try #require(features.description(of: .audio))
        let sound = try #require(heard["encoder_input"] as? [String: Any])
        #expect(sound["truncation"] as? String == "fusion")
        let mel = try #require(heard["spectrogram"] as? [String: Any])
        #expect(mel["samples"] as? Int == 96_000 && mel["mel_scale"] as? String == "htk")
        #expect(mel["padding"] as? String == "repeatsThenZeros")
        #expect(mel["rounds_to_16_bits"] as? Bool == false)
        #expect((mel["formula"] as? String)?.hasSuffix("y = 10 log10(power)") == true)
        #expect(
            (heard["encoder_output"] as? String)?.hasPrefix("last_hidden_state of transformers'")
                == true)
        // What no JSON file could hold would stop an export.
        #expect(JSONSerialization.isValidJSONObject(seen))
        #expect(JSONSerialization.isValidJSONObject(heard))
    }

    @Test func soundsKeepBandsAndBuildersPoolThem() async throws {
        let run = try Self.run()
        let settings = Self.settings(run, "model.audio.bands=2")
        let bench = try Workbench(
            recipe: try run.recipe(
                "run", settings + ["model.audio.tokens=[segment, segment-pooled, clip]"]))
        #expect(bench.features.reader.tokenCounts.audio == 2 * 2 + 2 + 1)
        let tokens = try bench.features.probeTokens(.audio).doubles
        let size = tokens.count / 7
        func mean(_ rows: [Int], _ channel: Int) -> Double {
            rows.reduce(0.0) { $0 + tokens[$1 * size + channel] } / Double(rows.count)
        }
        for channel in 0..<size {
            #expect(abs(mean([4], channel) - mean([0, 1], channel)) < 1e-5)
            #expect(abs(mean([5], channel) - mean([2, 3], channel)) < 1e-5)
            #expect(abs(mean([6], channel) - mean([0, 1, 2, 3], channel)) < 1e-5)
        }
        #expect((0..<size).contains { abs(mean([0], $0) - mean([1], $0)) > 1e-3 })
    }

    @Test func longSoundsAreHeardWindowByWindow() throws {
        let run = try Self.run()
        let bench = try Workbench(
            recipe: try run.recipe(
                "run",
                Self.settings(
                    run, "model.audio.output=embedding", "model.audio.seconds=5",
                    "model.audio.stride_seconds=1.5")))
        // Windows of 2 s from 0, 1.5 and 3 s on.
        #expect(bench.features.reader.tokenCounts.audio == 3)
        let windows = try bench.features.probeTokens(.audio)
        #expect(windows.shape == [3, 24])
        let single = try Workbench(
            recipe: try run.recipe(
                "run",
                Self.settings(run, "model.audio.output=embedding", "model.audio.seconds=2")))
        let first = try single.features.probeTokens(.audio).doubles
        // The rising tone of a probe is the same in its first two seconds, whatever its length.
        #expect(zip(windows.doubles, first).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(windows.doubles[24..<48], first).contains { abs($0 - $1) > 1e-4 })
    }

    @Test func picturesAndSoundStandInTheOrderOfTime() async throws {
        let run = try Self.run()
        let settings = Self.settings(run, "model.interleave=true", "model.visual.frames=4")
        let bench = try Workbench(recipe: try run.recipe("run", settings))
        let sample = try #require(
            AnnotationReader(tags: bench.tags).read("\(run.folder)/train.json").first {
                $0.modality == .audioVisual
            })
        let encoded = try bench.prompts.encode(
            sample, mediaTokens: bench.features.reader.tokenCounts)
        #expect(encoded.slots.map(\.kind) == [.visual, .audio, .visual, .audio, .visual])
        #expect(encoded.slots.map(\.range.count) == [1, 1, 2, 1, 1])
        let events = Events()
        try await run.train("run", settings, observe: events.add)
        #expect(events.steps.count == 1)
        let apart = Events()
        try await run.train(
            "apart", settings + ["model.interleave=false"], observe: apart.add)
        #expect(apart.encodedCount == 0, "the order of tokens is none of the features'")
        #expect(events.steps[0].packing.tokenCount == apart.steps[0].packing.tokenCount)
        #expect(events.steps[0].loss != apart.steps[0].loss)
    }

    @Test func encodersThatDoNotFitAreErrors() throws {
        let run = try Self.run()
        try FileManager.default.createDirectory(
            at: run.url("bare"), withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                at: run.url("clip/\(name)"), to: run.url("bare/\(name)"))
        }
        for settings in [
            ["model.visual.encoder=\(run.folder)/clap"],
            ["model.audio.encoder=\(run.folder)/clip"],
            ["model.audio.layers=[1]"], ["model.visual.encoder=\(run.folder)/bare"],
            ["model.visual.encoder=\(run.folder)/sight"],
            ["model.audio.encoder=\(run.folder)/hearing", "model.audio.bands=2"],
        ] {
            let recipe = try run.recipe("run", Self.settings(run) + settings)
            #expect(throws: TrainingError.self, "\(settings)") { try Workbench(recipe: recipe) }
        }
    }
}
