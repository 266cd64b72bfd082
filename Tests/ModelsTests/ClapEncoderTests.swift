import Foundation
import Layers
import Models
import TestKit
import Tensors
import Testing
import Verification

@Suite struct ClapEncoderTests {
    private static func assemble(_ output: ClapEncoder.Output = .grid) throws -> ClapEncoder {
        let file = try ClapEncoderFile(path: Fixtures.url("parity/clap_audio_fused").path)
        return try Blueprint(source: file.weights).assemble {
            try ClapEncoder(
                file.configuration, output: output, hasProjection: file.hasProjection, at: $0)
        }.model
    }

    /// A sound shorter than the window and a longer one.
    private static func inputs() throws -> [SpectrogramViews] {
        let golden = try GoldenFile("parity/clap_audio_fused/io.safetensors")
        let features = try golden.tensor("expected.input_features")
        let (frames, bands) = (features.shape[2], features.shape[3])
        func view(_ sound: Int, _ channel: Int) throws -> Spectrogram {
            let values = features.slice(axis: 0, sound..<sound + 1)
                .slice(axis: 1, channel..<channel + 1)
            return try Spectrogram(frameCount: frames, bandCount: bands, values: values.floats)
        }
        return [
            try SpectrogramViews(whole: view(0, 0)),
            try SpectrogramViews(whole: view(1, 0), crops: (1..<4).map { try view(1, $0) }),
        ]
    }

    @Test func aSoundsFeaturesDoNotDependOnItsNeighbours() throws {
        let model = try Self.assemble()
        let inputs = try Self.inputs()
        let together = try model.encode(inputs)
        #expect(together.map(\.timeCount) == [32, 32] && together[0].rowCount == 2)
        var deviation = Deviation(absolute: 2e-5)
        for (input, grid) in zip(inputs, together) {
            deviation.compare(try model.encode([input])[0].values, grid.values)
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
        #expect(try model.encode([]).isEmpty)
    }

    @Test func embeddingsHaveLengthOneAndThePooledVectorIsTheMean() throws {
        let input = try Self.inputs()[0]
        let embedding = try Self.assemble(.embedding).encode([input])[0]
        #expect(embedding.values.shape == [1, 24])
        let length = embedding.values.doubles.reduce(0) { $0 + $1 * $1 }
        #expect(abs(length - 1) < 1e-6)
        let pooled = try Self.assemble(.pooled).encode([input])[0].values
        let grid = try Self.assemble().encode([input])[0].values
        var deviation = Deviation(absolute: 1e-6)
        deviation.compare(pooled, grid.mean(axes: [0]).reshaped([1, 64]))
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }

    @Test func inputsThatDoNotFitAreErrors() throws {
        let model = try Self.assemble()
        let bands = try Spectrogram(
            frameCount: 2, bandCount: 80, values: [Float](repeating: 0, count: 160))
        #expect(throws: ModelError.self) {
            try model.encode([SpectrogramViews(whole: bands)])
        }
        let long = try Spectrogram(
            frameCount: 1025, bandCount: 64, values: [Float](repeating: 0, count: 1025 * 64))
        #expect(throws: ModelError.self) { try model.encode([SpectrogramViews(whole: long)]) }
        let whole = try Self.inputs()[0].whole
        #expect(throws: ModelError.self) {
            try model.encode([SpectrogramViews(whole: whole, crops: [whole, whole])])
        }
        #expect(throws: ModelError.self) { try SpectrogramViews(whole: whole, crops: [long]) }
    }

    private func message(_ json: String) -> String? {
        #expect(throws: ModelError.self) {
            try ClapConfiguration(huggingFaceJSON: Data(json.utf8))
        }?.detail
    }

    @Test func hubConfigurationsHoldDifferencesOnly() throws {
        let configuration = try ClapConfiguration(
            huggingFaceJSON: Data(
                """
                {"model_type": "clap", "projection_dim": 512, "audio_config":
                 {"fusion_num_hidden_layers": 2, "model_type": "clap_audio_model"}}
                """.utf8))
        #expect(configuration == .tiny)
        #expect(configuration.hiddenSize == 768 && configuration.frameCount == 1024)
    }

    @Test func configurationsThatCannotBeAreErrors() {
        #expect(message("{}") == "model_type is absent; expected clap")
        let clap = #""model_type": "clap_audio_model""#
        #expect(
            message("{\(clap), \"hidden_size\": 512}")
                == "hidden_size 512; its stages end with 768 channels")
        #expect(
            message("{\(clap), \"window_size\": 7}")
                == "windows of 7 don't divide all 4 stages of 64 patches a side")
        #expect(
            message("{\(clap), \"num_attention_heads\": [4, 8, 16, 5]}")
                == "5 heads don't divide 768 channels")
        #expect(
            message("{\(clap), \"hidden_act\": \"relu\", \"fusion_type\": \"channel_map\"}")
                == "hidden_act; expected gelu, fusion_type channel_map; expected another")
    }

    @Test func embeddingsNeedAProjection() throws {
        let file = try ClapEncoderFile(path: Fixtures.url("parity/clap_audio_fused").path)
        #expect(throws: ModelError.self) {
            try Blueprint(source: file.weights).assemble {
                try ClapEncoder(
                    file.configuration, output: .embedding, hasProjection: false, at: $0)
            }
        }
    }
}
