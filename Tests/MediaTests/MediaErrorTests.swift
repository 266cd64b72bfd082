import Foundation
import Media
import Testing

@Suite struct MediaErrorTests {
    private func videoFailure(_ path: String, atSeconds times: [Double]? = nil) -> MediaError? {
        MediaFixtures.failure { () throws(MediaError) in
            if let times {
                _ = try VideoReader.frames(of: path, atSeconds: times)
            } else {
                _ = try VideoReader.frames(of: path, count: 4)
            }
        }
    }

    private func soundFailure(_ path: String) -> MediaError? {
        MediaFixtures.failure { () throws(MediaError) in
            _ = try AudioReader.waveform(of: path, sampleRateHertz: 16_000)
        }
    }

    @Test(arguments: [
        ("text.mp4", MediaError.Kind.unrecognized), ("cut_tail.mp4", .unrecognized),
        ("cut_data.mp4", .truncated), ("cut.png", .damaged), ("huge.png", .tooLarge),
        ("tone.ogg", .noVideo), ("cover.mp3", .noVideo), ("cover.m4a", .noVideo),
    ])
    func badPicturesAreNamed(name: String, kind: MediaError.Kind) throws {
        let path = MediaFixtures.path(name)
        let failure = try #require(videoFailure(path))
        #expect(failure.kind == kind, "\(failure)")
        #expect(failure.subject == path)
        #expect(!failure.detail.isEmpty && !failure.description.contains("\n"))
    }

    @Test(arguments: [
        ("text.mp4", MediaError.Kind.unrecognized), ("cut_tail.mp4", .unrecognized),
        ("cut.wav", .truncated), ("cut.ogg", .truncated), ("empty.wav", .empty),
        ("rgb.png", .noAudio), ("silent.mp4", .noAudio),
    ])
    func badSoundsAreNamed(name: String, kind: MediaError.Kind) throws {
        let path = MediaFixtures.path(name)
        let failure = try #require(soundFailure(path))
        #expect(failure.kind == kind, "\(failure)")
        #expect(failure.subject == path)
    }

    @Test func pathsThatAreNoFilesAreNamed() throws {
        try MediaFixtures.withFolder { folder in
            let empty = folder + "/empty.mp4"
            #expect(FileManager.default.createFile(atPath: empty, contents: nil))
            let pipe = folder + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            for (path, kind) in [
                (folder, MediaError.Kind.notAFile), (pipe, .notAFile), (empty, .empty),
                (folder + "/none", .missing),
            ] {
                #expect(videoFailure(path)?.kind == kind)
                #expect(soundFailure(path)?.kind == kind)
            }
        }
    }

    @Test func everyPrefixOfAFileEndsInAnErrorOrPictures() throws {
        for name in ["silent.mp4", "variable.mkv", "rgba.png", "photo.jpg"] {
            let whole = try Data(contentsOf: URL(fileURLWithPath: MediaFixtures.path(name)))
            try MediaFixtures.withFolder { folder in
                for length in stride(from: 1, to: whole.count, by: max(1, whole.count / 23)) {
                    let path = folder + "/\(length)"
                    try whole.prefix(length).write(to: URL(fileURLWithPath: path))
                    if let failure = videoFailure(path) { #expect(failure.subject == path) }
                }
            }
        }
    }

    @Test func damagedBytesNeverCrash() throws {
        for name in ["steps.mp4", "tone.ogg", "cover.mp3", "tone.flac", "palette.png"] {
            let whole = try Data(contentsOf: URL(fileURLWithPath: MediaFixtures.path(name)))
            var random = SplitMix64(seed: 7)
            try MediaFixtures.withFolder { folder in
                for round in 0..<12 {
                    var damaged = whole
                    for _ in 0..<8 {
                        let place = Int(random.unit() * Double(whole.count))
                        damaged[place] = UInt8(truncatingIfNeeded: random.next())
                    }
                    let path = folder + "/\(round)"
                    try damaged.write(to: URL(fileURLWithPath: path))
                    for failure in [videoFailure(path), soundFailure(path)] {
                        if let failure { #expect(failure.subject == path) }
                    }
                }
            }
        }
    }

    @Test func aPlaylistCannotReachOtherFiles() throws {
        try MediaFixtures.withFolder { folder in
            let path = folder + "/list.m3u8"
            let text = "#EXTM3U\n#EXTINF:3,\n\(MediaFixtures.path("steps.mp4"))\n#EXT-X-ENDLIST\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(videoFailure(path)?.kind == .unrecognized)
        }
    }
}
