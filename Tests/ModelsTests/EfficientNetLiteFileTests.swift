import Foundation
import Models
import Testing

@Suite struct EfficientNetLiteFileTests {
    private let whole = """
        {"model_type": "efficientnet-lite", "image_size": 32, "stem_channels": 8, "stages":
        [{"block_count": 1, "kernel_side": 3, "stride": 2, "expansion": 6, "channels": 4}],
        "feature_channels": 16}
        """

    @Test func sizesAreReadFromAConfiguration() throws {
        let read = try EfficientNetLiteConfiguration(json: Data(whole.utf8))
        let expected = EfficientNetLiteConfiguration(
            pixelSide: 32, stemChannels: 8,
            stages: [
                .init(blockCount: 1, kernelSide: 3, stride: 2, expansion: 6, channels: 4)
            ], featureChannels: 16)
        #expect(read == expected)
    }

    @Test(arguments: [
        ("\"efficientnet-lite\"", "\"vit\"", "model_type vit; expected efficientnet-lite"),
        ("\"stride\": 2", "\"stride\": 0", "stages[0].stride 0 is outside of 1...8"),
        ("\"image_size\": 32", "\"image_size\": 99999", "image_size 99999 is outside of 1...4096"),
        ("\"image_size\": 32,", "", "lacks image_size"),
        ("\"channels\": 4", "\"channels\": \"4\"", "stages.Index 0.channels is no Int"),
    ])
    func wrongSizesAreNamed(_ part: String, _ replacement: String, _ detail: String) {
        let text = whole.replacingOccurrences(of: part, with: replacement)
        let error = #expect(throws: ModelError.self) {
            try EfficientNetLiteConfiguration(json: Data(text.utf8))
        }
        #expect(error?.detail == detail)
    }
}
