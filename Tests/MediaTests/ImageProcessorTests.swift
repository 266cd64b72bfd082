import Foundation
import Media
import Testing

@Suite struct ImageProcessorTests {
    private func processor(_ json: String) throws -> ImageProcessor {
        try ImageProcessor(huggingFaceJSON: Data(json.utf8), subject: "preprocessor_config.json")
    }

    @Test func spelledOutConfigurationsAreRead() throws {
        let read = try processor(
            """
            {"do_resize": true, "size": {"height": 30, "width": 20}, "resample": 2,
             "do_center_crop": true, "crop_size": 16, "do_rescale": true,
             "rescale_factor": 0.5, "do_normalize": true, "image_mean": [1, 2, 3],
             "image_std": [4, 5, 6]}
            """)
        #expect(
            read
                == ImageProcessor(
                    resizing: .exact(.init(width: 20, height: 30)), filter: .bilinear,
                    crop: .init(width: 16, height: 16), scale: 0.5, mean: [1, 2, 3],
                    deviation: [4, 5, 6]))
        #expect(read.preparedSize == .init(width: 16, height: 16))
    }

    @Test func whatIsLeftOutIsTheProcessorsOwn() throws {
        #expect(try processor(#"{"image_processor_type": "CLIPImageProcessor"}"#) == .clip())
        let old =
            #"{"feature_extractor_type": "CLIPFeatureExtractor", "size": 336, "crop_size": 336}"#
        #expect(try processor(old) == .clip(side: 336))
        #expect(try processor(#"{"image_processor_type": "SiglipImageProcessor"}"#) == .sigLIP())
    }

    @Test(arguments: [
        "{}", "[]", #"{"size": 224}"#,
        #"{"image_processor_type": "CLIPImageProcessor", "resample": 1}"#,
        #"{"image_processor_type": "CLIPImageProcessor", "size": {"longest_edge": 224}}"#,
        #"{"image_processor_type": "CLIPImageProcessor", "crop_size": 0}"#,
    ])
    func whatCannotBeKnownIsAnError(json: String) {
        let failure = MediaFixtures.failure { () throws(MediaError) in
            _ = try ImageProcessor(huggingFaceJSON: Data(json.utf8), subject: "config")
        }
        #expect(failure?.kind == .unsupported)
    }

    @Test func picturesAreResizedByTheirShorterSideAndCropped() throws {
        let picture = Picture(pixelsWide: 131, pixelsHigh: 97, filledWith: .white)
        let resized = ImageProcessor.clip(side: 64).resized(picture)
        #expect(resized.pixelsWide == 86 && resized.pixelsHigh == 64)
        let prepared = try ImageProcessor.clip(side: 64).prepared(picture)
        #expect(prepared.pixelsWide == 64 && prepared.pixelsHigh == 64)
        let square = try ImageProcessor.sigLIP(side: 32).prepared(picture)
        #expect(square.pixelsWide == 32 && square.pixelsHigh == 32)
    }

    @Test func cropsLargerThanThePictureAreErrors() {
        var processor = ImageProcessor.clip(side: 64)
        processor.resizing = .none
        let picture = Picture(pixelsWide: 70, pixelsHigh: 40, filledWith: .white)
        #expect(throws: MediaError.self) { try processor.prepared(picture) }
    }

    @Test func everySettingChangesTheSummary() {
        var processors = [ImageProcessor](repeating: .clip(side: 64), count: 6)
        processors[0].resizing = .none
        processors[1].filter = .bilinear
        processors[2].crop = nil
        processors[3].scale = 1
        processors[4].mean[0] = 0
        processors[5].deviation[2] = 1
        let summaries = Set((processors + [.clip(side: 64)]).map(\.summary))
        #expect(summaries.count == 7)
    }
}
