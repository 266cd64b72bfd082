import Foundation
import Layers
import Models
import Tensors
import TestKit
import Testing
import Verification

@Suite struct WhisperEncoderTests {
    /// The fixtures' tolerance, for float32 with another order of summation.
    private static let tolerance = 1e-4

    private static func assemble(
        _ path: String, featureLayers: [Int]
    ) throws -> Assembly<WhisperEncoder> {
        let file = try WhisperEncoderFile(path: path)
        return try Blueprint(source: file.weights).assemble { scope in
            try WhisperEncoder(file.configuration, featureLayers: featureLayers, at: scope)
        }
    }

    private static func tiny(featureLayers: [Int] = [2]) throws -> Assembly<WhisperEncoder> {
        try assemble(
            Fixtures.url("parity/whisper_encoder").path, featureLayers: featureLayers)
    }

    /// [bands, frames] as spectrograms are stored by transformers, turned.
    private static func spectrogram(_ values: Tensor) throws -> Spectrogram {
        try Spectrogram(
            frameCount: values.shape[1], bandCount: values.shape[0],
            values: values.transposed([1, 0]).floats)
    }

    private static func sample(_ index: Int, of values: Tensor) -> Tensor {
        values.slice(axis: 0, index..<(index + 1)).reshaped(Array(values.shape.dropFirst()))
    }

    @Test func hiddenStatesEqualTransformers() throws {
        let assembly = try Self.tiny()
        #expect(assembly.report.unused.isEmpty)
        let golden = try GoldenFile("parity/whisper_encoder/io.safetensors")
        let features = try golden.tensor("expected.input_features")
        let inputs = try (0..<2).map { try Self.spectrogram(Self.sample($0, of: features)) }
        let states = try assembly.model.hiddenStates([inputs[0]], upTo: 2)
        var deviation = Deviation(absolute: Self.tolerance)
        for (index, state) in states.enumerated() {
            let expected = try golden.tensor("expected.hidden_states.\(index)")
            deviation.compare(state, Self.sample(0, of: expected))
        }
        let last = try golden.tensor("expected.last_hidden_state")
        for (index, grid) in try assembly.model.encode(inputs).enumerated() {
            deviation.compare(grid.values, Self.sample(index, of: last))
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }

    @Test func layersStandSideBySideAndSoundsKeepTheirLengths() throws {
        let golden = try GoldenFile("parity/whisper_encoder/io.safetensors")
        let features = Self.sample(0, of: try golden.tensor("expected.input_features"))
        let inputs = try [80, 33].map {
            try Self.spectrogram(features.slice(axis: 1, 0..<$0))
        }
        let grids = try Self.tiny(featureLayers: [0, 2]).model.encode(inputs)
        #expect(grids.map(\.timeCount) == [40, 17])
        #expect(grids.map { $0.values.shape } == [[40, 96], [17, 96]])
        var deviation = Deviation(absolute: 1e-5)
        for (layer, columns) in [(0, 0..<48), (2, 48..<96)] {
            let alone = try Self.tiny(featureLayers: [layer]).model.encode([inputs[1]])
            deviation.compare(grids[1].values.slice(axis: 1, columns), alone[0].values)
        }
        #expect(deviation.share <= 1, "\(deviation.maximum)")
        #expect(try Self.tiny().model.encode([]).isEmpty)
    }

    @Test func inputsAndLayersThatDoNotFitAreErrors() throws {
        let model = try Self.tiny().model
        let bands = try Spectrogram(
            frameCount: 4, bandCount: 64, values: [Float](repeating: 0, count: 256))
        #expect(throws: ModelError.self) { try model.encode([bands]) }
        let long = try Spectrogram(
            frameCount: 402, bandCount: 80, values: [Float](repeating: 0, count: 402 * 80))
        #expect(throws: ModelError.self) { try model.encode([long]) }
        #expect(throws: ModelError.self) { try Self.tiny(featureLayers: [3]) }
        #expect(throws: ModelError.self) { try Self.tiny(featureLayers: []) }
        #expect(throws: ModelError.self) {
            try Spectrogram(frameCount: 0, bandCount: 80, values: [])
        }
    }

    @Test func configurationsOfOtherModelsAreErrors() {
        func message(_ json: String) -> String? {
            #expect(throws: ModelError.self) {
                try WhisperConfiguration(huggingFaceJSON: Data(json.utf8))
            }?.detail
        }
        #expect(message("{}") == "lacks d_model")
        let sizes = """
            "d_model": 50, "encoder_layers": 2, "encoder_attention_heads": 3,
            "encoder_ffn_dim": 96, "num_mel_bins": 80, "max_source_positions": 200
            """
        #expect(
            message("{\"model_type\": \"llama\", \(sizes)}")
                == "model_type llama; expected whisper")
        #expect(
            message("{\"model_type\": \"whisper\", \(sizes)}")
                == "3 heads don't divide hidden size 50")
    }

    @Test(.enabled(if: Assets.path("whisper-tiny-en") != nil))
    func theRealEncoderEqualsItsReference() throws {
        let path = try #require(Assets.path("whisper-tiny-en"))
        let assembly = try Self.assemble(path, featureLayers: [1, 3, 4])
        #expect(assembly.report.unused.isEmpty)
        let golden = try GoldenFile("encoders/whisper_tiny_en.safetensors")
        let grid = try assembly.model.encode([
            Self.spectrogram(try golden.tensor("logmel"))
        ])[0]
        let expected = Tensor.concatenated(
            try ["hidden_1", "hidden_3", "ln_post"].map { try golden.tensor($0) }, axis: 1)
        var deviation = Deviation(absolute: 2e-4, relative: 1e-5)
        deviation.compare(grid.values, expected)
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }
}
