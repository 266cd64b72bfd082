import Foundation
import Layers
import Models
import TestKit
import Tensors
import Testing
import Verification
import WeightFiles

@Suite struct VisionTransformerTests {
    private static let normalization = try? PixelNormalization(
        scale: 1 / 255, mean: [0.48145466, 0.4578275, 0.40821073],
        deviation: [0.26862954, 0.26130258, 0.27577711])

    private static func assemble(
        _ name: String = "clip_vision", _ features: VisionFeatures = .init()
    ) throws -> VisionTransformer {
        let file = try VisionTransformerFile(path: Fixtures.url("parity/\(name)").path)
        let normalization = try #require(Self.normalization)
        return try Blueprint(source: file.weights).assemble {
            try VisionTransformer(
                file.configuration, features: features, normalization: normalization,
                hasProjection: file.hasProjection, at: $0)
        }.model
    }

    /// Three frames of different levels.
    private static func frames(side: Int = 64) throws -> FrameSequence {
        let count: Int = 9 * side * side
        let rgb = (0..<count).map { (index: Int) -> UInt8 in
            UInt8(truncatingIfNeeded: index * 37 + index / 100 * 11)
        }
        return try FrameSequence(frameCount: 3, pixelsHigh: side, pixelsWide: side, rgb: rgb)
    }

    private static func states(_ model: VisionTransformer) throws -> [Tensor] {
        let frames = try frames()
        let values = try #require(normalization).values(of: frames.rgb)
        let pictures = Tensor(values, shape: [3, 64, 64, 3])
        return model.hiddenStates(
            of: model.patches(ofNormalized: pictures), upTo: model.configuration.layerCount)
    }

    private static func cells(_ grid: FeatureGrid) -> [Int] {
        [grid.timeCount, grid.rowCount, grid.columnCount]
    }

    @Test func layerMinusTwoGivesPatchesWithoutTheClassToken() throws {
        let model = try Self.assemble("clip_vision", .init(layer: -2))
        let grid = try model.encode([Self.frames()])[0]
        #expect(Self.cells(grid) == [3, 4, 4])
        let expected = try Self.states(model)[1].reshaped([3, 17, 48]).slice(axis: 1, 1..<17)
        var deviation = Deviation(absolute: 1e-6)
        deviation.compare(grid.values.reshaped([3, 16, 48]), expected)
        #expect(deviation.share <= 1, "\(deviation.maximum)")
        #expect(model.featureSize == 48)
    }

    @Test(arguments: [VisionFeatures.Output.classToken, .pooled, .embedding])
    func oneVectorAFrameIsAGridOfOneCell(output: VisionFeatures.Output) throws {
        let model = try Self.assemble("clip_vision", .init(output: output))
        let grid = try model.encode([Self.frames()])[0]
        #expect(Self.cells(grid) == [3, 1, 1])
        #expect(grid.featureSize == (output == .embedding ? 32 : 48))
        let last = try Self.states(model)[2]
        let pooled = try #require(model.pooled(last, pictureCount: 3))
        let expected: Tensor
        switch output {
        case .classToken:
            expected = last.reshaped([3, 17, 48]).slice(axis: 1, 0..<1).reshaped([3, 48])
        case .pooled: expected = pooled
        default: expected = try #require(model.embeddings(pooled))
        }
        var deviation = Deviation(absolute: 1e-6)
        deviation.compare(grid.values, expected)
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }

    @Test func sigLIPsFinalOutputIsNormalised() throws {
        let model = try Self.assemble("siglip_vision")
        let grid = try model.encode([Self.frames()])[0]
        var deviation = Deviation(absolute: 1e-6)
        deviation.compare(grid.values, model.final(try Self.states(model)[2]))
        #expect(deviation.share <= 1, "\(deviation.maximum)")
        #expect(grid.cellCount == 3 * 16)
    }

    @Test func framesOfAnotherSideAreErrors() throws {
        let model = try Self.assemble()
        #expect(throws: ModelError.self) { try model.encode([Self.frames(side: 32)]) }
        #expect(try model.encode([]).isEmpty)
    }

    @Test func featuresThatATowerDoesNotHaveAreErrors() {
        for (name, features) in [
            ("clip_vision", VisionFeatures(layer: 3)), ("clip_vision", .init(layer: -4)),
            ("clip_vision", .init(layer: -1, output: .pooled)),
            ("siglip_vision", .init(output: .classToken)),
            ("siglip_vision", .init(output: .embedding)),
        ] {
            #expect(throws: ModelError.self) { try Self.assemble(name, features) }
        }
    }

    private func message(_ json: String) -> String? {
        #expect(throws: ModelError.self) {
            try VisionTransformerConfiguration(huggingFaceJSON: Data(json.utf8))
        }?.detail
    }

    @Test func configurationsHoldDifferencesFromTheUsual() throws {
        let base = try VisionTransformerConfiguration(
            huggingFaceJSON: Data(#"{"model_type": "clip_vision_model"}"#.utf8))
        #expect(try base == VisionTransformerConfiguration.clipB32())
        let whole = try VisionTransformerConfiguration(
            huggingFaceJSON: Data(
                """
                {"model_type": "clip", "projection_dim": 768, "vision_config": {
                 "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
                 "num_attention_heads": 16, "patch_size": 14}}
                """.utf8))
        #expect(try whole == VisionTransformerConfiguration.clipL14())
        #expect(whole.tokenCount == 257)
    }

    @Test func configurationsOfOtherModelsAreErrors() {
        #expect(message("{}") == "model_type is absent; expected clip or siglip")
        #expect(
            message(#"{"model_type": "clip", "vision_config": {"num_channels": 1}}"#)
                == "num_channels 1; expected 3")
        #expect(
            message(#"{"model_type": "siglip", "vision_config": {"num_attention_heads": 7}}"#)
                == "7 heads don't divide hidden size 768")
    }
}
