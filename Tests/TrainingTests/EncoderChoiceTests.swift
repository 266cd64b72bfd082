import Datasets
import Foundation
import Models
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
            "train.accumulation=1",
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
        #expect((mel["formula"] as? String)?.hasSuffix("y = 10 log10(power)") == true)
        #expect(
            (heard["encoder_output"] as? String)?.hasPrefix("last_hidden_state of transformers'")
                == true)
        // What no JSON file could hold would stop an export.
        #expect(JSONSerialization.isValidJSONObject(seen))
        #expect(JSONSerialization.isValidJSONObject(heard))
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
        ] {
            let recipe = try run.recipe("run", Self.settings(run) + settings)
            #expect(throws: TrainingError.self, "\(settings)") { try Workbench(recipe: recipe) }
        }
    }
}
