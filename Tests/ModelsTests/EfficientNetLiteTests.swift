import Layers
import Models
import Tensors
import TestKit
import Testing
import Verification
import WeightFiles

@Suite struct EfficientNetLiteTests {
    /// A network of two stages that fits into a unit test.
    private static let tiny = EfficientNetLiteConfiguration(
        pixelSide: 16, stemChannels: 4,
        stages: [
            .init(blockCount: 1, kernelSide: 3, stride: 1, expansion: 1, channels: 4),
            .init(blockCount: 2, kernelSide: 5, stride: 2, expansion: 2, channels: 6),
        ], featureChannels: 8)

    private static func assemble(
        _ configuration: EfficientNetLiteConfiguration
    ) throws -> Assembly<EfficientNetLite> {
        try Blueprint(source: DictionaryWeights([:]), fresh: ["*"], seed: 3).assemble { scope in
            try EfficientNetLite(configuration, at: scope)
        }
    }

    private static func frames(_ count: Int, side: Int) throws -> FrameSequence {
        try FrameSequence(
            frameCount: count, pixelsHigh: side, pixelsWide: side,
            rgb: (0..<(count * side * side * 3)).map { UInt8(truncatingIfNeeded: $0 * 37) })
    }

    @Test func everyFrameIsATimeCell() throws {
        let model = try Self.assemble(Self.tiny).model
        let grids = try model.encode([
            Self.frames(9, side: 16), Self.frames(1, side: 16),
        ])
        #expect(grids.map(\.timeCount) == [9, 1])
        #expect(grids.allSatisfy { $0.rowCount == 4 && $0.columnCount == 4 })
        #expect(grids.allSatisfy { $0.featureSize == 8 && $0.featureSize == model.featureSize })
        let first = grids[0].values.slice(axis: 0, 0..<16)
        #expect(first.floats == grids[1].values.floats)
        #expect(first.floats.allSatisfy { (0...6).contains($0) })
        #expect(Set(first.floats).count > 1)
    }

    @Test func framesOfAnotherSizeAreErrors() throws {
        let model = try Self.assemble(Self.tiny).model
        let error = try #require(throws: ModelError.self) {
            try model.encode([Self.frames(1, side: 8)])
        }
        #expect(
            error.description == "frames: 8 × 8 pixels; expected 16 × 16; "
                + "resize frames to the encoder's side first")
        #expect(throws: ModelError.self) {
            try FrameSequence(frameCount: 1, pixelsHigh: 2, pixelsWide: 2, rgb: [0, 0, 0])
        }
    }

    @Test(.enabled(if: Assets.path("efficientnet-lite0") != nil))
    func theRealEncoderEqualsItsReference() throws {
        let path = try #require(Assets.path("efficientnet-lite0"))
        let source = FileWeights(
            try WeightFiles.open(path), names: PrefixedNames.efficientNetLite)
        let assembly = try Blueprint(source: source).assemble { scope in
            try EfficientNetLite(.lite0, at: scope)
        }
        #expect(assembly.report.unused.isEmpty)
        let golden = try GoldenFile("encoders/efficientnet_lite0.safetensors")
        let bytes = try golden.integers("image_u8").map { UInt8($0) }
        let frames = try FrameSequence(
            frameCount: 1, pixelsHigh: 224, pixelsWide: 224, rgb: bytes)
        let grid = try assembly.model.encode([frames])[0]
        #expect([grid.timeCount, grid.rowCount, grid.columnCount] == [1, 7, 7])
        var deviation = Deviation(absolute: 2e-4, relative: 1e-4)
        let map = try golden.tensor("feature_map_1280x7x7")
        deviation.compare(grid.values, map.reshaped([1280, 49]).transposed([1, 0]))
        let pooled = try grid.averaged(rowCount: 1, columnCount: 1).values
        deviation.compare(pooled, try golden.tensor("pooled").reshaped([1, 1280]))
        #expect(deviation.share <= 1, "\(deviation.maximum)")
    }
}
