import Media
import Testing

@Suite struct MediaInformationTests {
    @Test func aVideoTellsItsStreams() throws {
        let information = try MediaInformation.probe(MediaFixtures.path("steps.mp4"))
        #expect(information.formatName == "mov" && !information.isStillPicture)
        #expect(information.video?.pixelsWide == 64 && information.video?.pixelsHigh == 48)
        #expect(information.video?.codecName == "h264")
        #expect(information.video?.framesPerSecond == 8)
        #expect(information.audio?.sampleRateHertz == 16_000)
        #expect(information.audio?.channelCount == 1 && information.audio?.codecName == "aac")
        #expect(abs((information.durationSeconds ?? 0) - 3) < 0.1)
    }

    @Test func theSizeIsThatOfTheUprightPicture() throws {
        let video = try MediaInformation.probe(MediaFixtures.path("turned.mp4")).video
        #expect(video?.pixelsWide == 32 && video?.pixelsHigh == 48)
    }

    @Test func coverArtIsNoVideo() throws {
        for name in ["cover.mp3", "cover.m4a"] {
            let information = try MediaInformation.probe(MediaFixtures.path(name))
            #expect(information.video == nil && information.audio != nil)
        }
    }

    @Test func aStillPictureHasNoDuration() throws {
        let information = try MediaInformation.probe(MediaFixtures.path("photo.jpg"))
        #expect(information.isStillPicture && information.durationSeconds == nil)
        #expect(information.video?.framesPerSecond == nil && information.audio == nil)
    }

    @Test func theDigestIsThatOfTheBytes() throws {
        let one = try MediaInformation.contentDigest(of: MediaFixtures.path("tone.ogg"))
        let other = try MediaInformation.contentDigest(of: MediaFixtures.path("cut.ogg"))
        #expect(one.count == 64 && one != other)
    }
}
