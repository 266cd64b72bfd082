import Foundation
import Media
import Testing

@Suite struct VideoReaderTests {
    /// Picture i of the step clips is grey with luma 20 + 8 i; limited range makes 8 levels 9.3.
    private func number(of picture: Picture) -> Int {
        let middle = (picture.pixelsHigh / 2 * picture.pixelsWide + picture.pixelsWide / 2) * 3
        let luma = Double(picture.rgb[middle]) * 219 / 255 + 16
        return Int(((luma - 20) / 8).rounded())
    }

    private func numbers(_ name: String, _ times: [Double]) throws(MediaError) -> [Int] {
        try VideoReader.frames(of: MediaFixtures.path(name), atSeconds: times).map(number)
    }

    @Test func theFrameOnScreenIsTheLastThatBegan() throws {
        #expect(
            try numbers("steps.mp4", [0, 0.124, 0.125, 0.99, 1.0, 2.9]) == [0, 0, 1, 7, 8, 23])
    }

    @Test func everyFrameIsFoundInAnyOrderOfTimes() throws {
        let times = (0..<24).map { (index: Int) -> Double in (Double(index) + 0.5) / 8 }
        #expect(try numbers("steps.mp4", times) == Array(0..<24))
        #expect(try numbers("steps.mp4", times.reversed()) == Array((0..<24).reversed()))
    }

    @Test func seekingGivesWhatReadingThroughGives() throws {
        for index in 0..<24 {
            #expect(try numbers("steps.mp4", [(Double(index) + 0.5) / 8]) == [index])
            #expect(try numbers("offset.mkv", [(Double(index) + 0.5) / 8]) == [index])
        }
        #expect(try numbers("steps.mp4", [0.2, 2.7]) == [1, 21])
        #expect(try numbers("offset.mkv", [0.7, 1.6, 2.7]) == [5, 12, 21])
    }

    @Test func timesCountFromTheContainersStart() throws {
        #expect(try numbers("offset.mkv", [0, 1, 2.9]) == [0, 8, 23])
        #expect(try numbers("offset.ts", [0, 1, 2.9]) == [0, 8, 23])
    }

    @Test func variableRatesAreSampledByTime() throws {
        #expect(
            try numbers("variable.mkv", [0, 0.15, 0.59, 0.61, 1.4, 2.0, 2.79, 2.85])
                == [0, 1, 2, 3, 4, 5, 6, 7])
    }

    /// Frames that no other leans on are not decoded on the way to a later one.
    @Test func whatIsPassedOverChangesNoPicture() throws {
        for (index, time) in [0, 0.15, 0.59, 0.61, 1.4, 2.0, 2.79, 2.85].enumerated() {
            #expect(try numbers("variable.mkv", [time]) == [index])
        }
        let path = MediaFixtures.path("steps.mp4")
        let all = try VideoReader.frames(of: path, count: 24)
        for index in 0..<24 {
            let time = (Double(index) + 0.5) / 8
            #expect(try VideoReader.frames(of: path, atSeconds: [time]) == [all[index]])
            let pair = try VideoReader.frames(of: path, atSeconds: [0, time])
            #expect(pair == [all[0], all[index]])
        }
    }

    @Test func anyNumberOfThreadsGivesTheSamePictures() throws {
        let path = MediaFixtures.path("long.mp4")
        for count in [24, 5] {
            let pictures = try VideoReader.frames(of: path, count: count)
            #expect(Set(pictures).count > count / 2)
            for threadCount in [2, 5] {
                #expect(
                    try VideoReader.frames(of: path, count: count, threadCount: threadCount)
                        == pictures)
            }
        }
        for times in [[3.5], [0.1, 2.7], [3.9, 0.03, 1.98]] {
            #expect(
                try VideoReader.frames(of: path, atSeconds: times, threadCount: 3)
                    == VideoReader.frames(of: path, atSeconds: times))
        }
    }

    @Test func damageIsToldByAnyNumberOfThreads() throws {
        try MediaFixtures.withFolder { folder in
            let path = "\(folder)/damaged.mp4"
            var content = try Data(
                contentsOf: URL(fileURLWithPath: MediaFixtures.path("long.mp4")))
            let place = content.count / 2
            content.replaceSubrange(place..<place + 400, with: Data(repeating: 0x5a, count: 400))
            try content.write(to: URL(fileURLWithPath: path))
            let failures = [1, 2, 4].map { threadCount in
                MediaFixtures.failure { () throws(MediaError) in
                    _ = try VideoReader.frames(
                        of: path, atSeconds: [1.9, 2.02], threadCount: threadCount)
                }
            }
            for failure in failures {
                #expect(failure?.kind == .damaged)
                #expect(failure?.detail.contains("error while decoding MB") == true)
                #expect(failure?.description == failures[0]?.description)
            }
        }
    }

    @Test func aCountTakesTheMiddlesOfEqualParts() throws {
        let pictures = try VideoReader.frames(of: MediaFixtures.path("steps.mp4"), count: 4)
        #expect(pictures.map(number) == [3, 9, 15, 21])
    }

    @Test func moreFramesThanThereAreRepeatThem() throws {
        let pictures = try VideoReader.frames(of: MediaFixtures.path("single.mp4"), count: 3)
        #expect(pictures.count == 3)
        #expect(Set(pictures).count == 1)
    }

    @Test func rotationIsApplied() throws {
        let pictures = try VideoReader.frames(of: MediaFixtures.path("turned.mp4"), count: 1)
        let picture = try #require(pictures.first)
        #expect(picture.pixelsWide == 32 && picture.pixelsHigh == 48)
        // Its matrix asks for a quarter turn to the left: the upper left corner goes to the lower left.
        #expect(picture.rgb[(44 * 32 + 4) * 3] > 200)
        #expect(picture.rgb[(4 * 32 + 4) * 3] < 50)
        #expect(picture.rgb[(44 * 32 + 28) * 3] < 50)
    }

    @Test func oddSizesKeepTheirPixels() throws {
        let pictures = try VideoReader.frames(of: MediaFixtures.path("odd.mkv"), count: 2)
        let picture = try #require(pictures.first)
        #expect(picture.pixelsWide == 35 && picture.pixelsHigh == 27)
        let last = Array(picture.rgb.suffix(3))
        #expect(last[0] > 245 && last[1] < 10 && last[2] < 10)
    }

    @Test(arguments: [
        ("grey_alpha.png", 1), ("rgba.png", 1), ("rgb.png", 0), ("palette.png", 1), ("grey.png", 0),
    ])
    func pngsEqualPillowsOnWhite(name: String, tolerance: Int) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: MediaFixtures.path("pictures.json")))
        let table = try JSONDecoder().decode([String: [Int]].self, from: data)
        let expected = try #require(table[name])
        let pictures = try VideoReader.frames(of: MediaFixtures.path(name), count: 1)
        let rgb = try #require(pictures.first).rgb.map(Int.init)
        #expect(rgb.count == expected.count)
        let worst = zip(rgb, expected).map { abs($0 - $1) }.max()
        #expect(worst ?? .max <= tolerance)
    }

    @Test func transparencyShowsTheBackgroundAskedFor() throws {
        let black = Picture.Color(red: 0, green: 0, blue: 0)
        let pictures = try VideoReader.frames(
            of: MediaFixtures.path("palette.png"), count: 1, background: black)
        let picture = try #require(pictures.first)
        #expect(picture.rgb.prefix(6).elementsEqual([0, 0, 0, 0, 128, 0]))
    }

    @Test func photographsComeUpright() throws {
        let plain = try VideoReader.frames(of: MediaFixtures.path("photo.jpg"), count: 1)
        let turned = try VideoReader.frames(of: MediaFixtures.path("turned.jpg"), count: 1)
        let (first, second) = (try #require(plain.first), try #require(turned.first))
        #expect(first.pixelsWide == 40 && first.pixelsHigh == 24)
        #expect(second.pixelsWide == 24 && second.pixelsHigh == 40)
        #expect(first.rgb[0] > 230)
        #expect(second.rgb[23 * 3] > 230 && second.rgb[0] < 40)
    }

    @Test func aStillPictureServesAnyTime() throws {
        let pictures = try VideoReader.frames(
            of: MediaFixtures.path("rgb.png"), atSeconds: [0, 17, 3])
        #expect(pictures.count == 3 && Set(pictures).count == 1)
    }

    @Test func timesOutsideTheClipAreRefused() {
        for time in [-1, 3.5, .nan, .infinity] {
            #expect(
                MediaFixtures.failure { () throws(MediaError) in
                    _ = try numbers("steps.mp4", [time])
                }?.kind == .outOfRange)
        }
        #expect(
            MediaFixtures.failure { () throws(MediaError) in
                _ = try VideoReader.frames(of: MediaFixtures.path("steps.mp4"), count: 0)
            }?.kind == .outOfRange)
    }
}
