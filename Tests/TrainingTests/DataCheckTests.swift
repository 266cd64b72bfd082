import Datasets
import Foundation
import TestKit
import Testing
import Training

/// Annotated data with one thing wrong each.
@Suite struct DataCheckTests {
    /// A folder with some media that are right, `v` and `a`, and some that are not.
    private final class Folder {
        let path: String

        init() throws {
            path =
                FileManager.default.temporaryDirectory
                .appendingPathComponent("data-check-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, fixture) in [
                ("v.mp4", "steps.mp4"), ("deaf.mp4", "silent.mp4"), ("cut.mp4", "cut_tail.mp4"),
                ("p.png", "rgb.png"), ("late.mkv", "late_sound.mkv"),
            ] {
                try FileManager.default.copyItem(
                    atPath: Fixtures.url("media/\(fixture)").path, toPath: "\(path)/\(name)")
            }
            try write(TinyRun.sound(1, seconds: 3), to: "a.wav")
            try write(TinyRun.sound(1, seconds: 0.5), to: "short.wav")
            let tone = TinyRun.sound(1, seconds: 3)
            try write(tone.prefix(44) + Data(count: tone.count - 44), to: "silence.wav")
            try write(Data(), to: "nothing.wav")
            try write(Self.blackPicture, to: "black.bmp")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ data: Data, to name: String) throws {
            try data.write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }

        /// Writes rows, and returns what is wrong with them.
        func findings(_ files: [String]...) async throws -> [DataFinding] {
            var sources: [AnnotationSource] = []
            for (index, rows) in files.enumerated() {
                try write(Data("[\(rows.joined(separator: ","))]".utf8), to: "\(index).json")
                sources.append(AnnotationSource("\(path)/\(index).json"))
            }
            let report = try await DataCheck(sources, tags: .standard).run()
            #expect(report.examinedCount == report.mediaCount)
            #expect(report.isSound == !report.findings.contains { $0.kind.isFault })
            return report.findings
        }

        /// A bitmap of 16 × 16 black pixels of 24 bits.
        private static var blackPicture: Data {
            func bytes(_ values: Int...) -> Data {
                values.reduce(into: Data()) { data, value in
                    withUnsafeBytes(of: UInt32(value).littleEndian) { data += Data($0) }
                }
            }
            return Data("BM".utf8) + bytes(822, 0, 54, 40, 16, 16, 1 | 24 << 16, 0, 768, 0, 0, 0, 0)
                + Data(count: 768)
        }
    }

    private static func row(
        _ id: String, video: String? = nil, image: String? = nil, audio: String? = nil,
        tags: String, answer: String = "A dog.", split: String? = nil
    ) -> String {
        let fields = [("video", video), ("image", image), ("audio", audio), ("split", split)]
            .compactMap { key, value in value.map { "\"\(key)\": \"\($0)\"," } }
        return """
            {"id": "\(id)", \(fields.joined()) "conversations": [
             {"from": "human", "value": "\(tags)What?"}, {"from": "gpt", "value": "\(answer)"}]}
            """
    }

    private static let good = [
        row("av", video: "v.mp4", audio: "a.wav", tags: "<video><audio>"),
        row("own", video: "v.mp4", tags: "<video><audio>"),
        row("p", image: "p.png", audio: "short.wav", tags: "<image><audio>"),
    ]

    @Test func nothingIsWrongWithGoodData() async throws {
        #expect(try await Folder().findings(Self.good) == [])
    }

    @Test(arguments: [
        (
            row("x", audio: "none.wav", tags: "<audio>"), DataFinding.Kind.missing,
            "no media file at"
        ),
        (row("x", audio: "nothing.wav", tags: "<audio>"), .empty, "is empty (0 bytes)"),
        (row("x", video: "cut.mp4", tags: "<video>"), .undecodable, "cut.mp4: "),
        (row("x", audio: "x.json", tags: "<audio>"), .undecodable, "is no picture, video or sound"),
        (row("x", video: "deaf.mp4", tags: "<video><audio>"), .noSound, "has no sound stream"),
        (row("x", video: "a.wav", tags: "<video>"), .noPictures, "has no picture stream"),
        (row("x", audio: "silence.wav", tags: "<audio>"), .silent, "the sound is silent"),
        (row("x", image: "black.bmp", tags: "<image>"), .black, "the picture is black"),
        (
            row("x", video: "late.mkv", tags: "<video><audio>"), .lengths,
            "pictures of 3.00 s"
        ),
        (row("x", video: "v.mp4", tags: ""), .tags, "0 visual tags"),
        (row("x", image: "p.png", tags: "<image>", answer: " "), .emptyAnswer, "empty answer"),
        ("{\"id\": \"x\"}", .row, "has no conversations"),
    ])
    func whatIsWrongIsFound(
        _ row: String, _ kind: DataFinding.Kind, _ detail: String
    ) async throws {
        let folder = try Folder()
        try folder.write(Data("{}".utf8), to: "x.json")
        let findings = try await folder.findings(Self.good + [row])
        #expect(findings.map(\.kind) == [kind])
        #expect(findings.first?.sample == "x")
        #expect(findings.first?.file == "\(folder.path)/0.json")
        #expect(findings.first?.detail.contains(detail) == true, "\(findings)")
    }

    @Test func soundsOfAnotherLengthAreToldButNotWrong() async throws {
        let row = Self.row("x", video: "v.mp4", audio: "short.wav", tags: "<video><audio>")
        let findings = try await Folder().findings(Self.good + [row])
        #expect(findings.map(\.kind) == [.pairedLengths])
        #expect(findings.first?.detail.hasPrefix("pictures of 3.00 s") == true)
    }

    @Test func sameContentInTwoFilesIsALeak() async throws {
        let folder = try Folder()
        try FileManager.default.copyItem(
            atPath: "\(folder.path)/a.wav", toPath: "\(folder.path)/copy.wav")
        let copy = Self.row("copy", audio: "copy.wav", tags: "<audio>")
        let findings = try await folder.findings(Self.good, [copy])
        #expect(findings.map(\.kind) == [.duplicate])
        #expect(
            findings.first?.detail
                == "\(folder.path)/a.wav of \(folder.path)/0.json is also in \(folder.path)/1.json "
                + "(\(folder.path)/1.json, id \"copy\", \(folder.path)/copy.wav)")
        #expect(try await folder.findings(Self.good + [copy]).isEmpty, "one file is one split")
    }

    @Test func splitsCountMoreThanFiles() async throws {
        func row(_ id: String, _ split: String) -> String {
            Self.row(id, image: "p.png", tags: "<image>", split: split)
        }
        let folder = try Folder()
        #expect(try await folder.findings([row("1", "train")], [row("2", "train")]).isEmpty)
        let findings = try await folder.findings([row("1", "train"), row("2", "val")])
        #expect(findings.map(\.kind) == [.duplicate])
    }

    @Test func aCheckThatIsStoppedSaysHowFarItCame() async throws {
        let folder = try Folder()
        try folder.write(Data("[\(Self.good.joined(separator: ","))]".utf8), to: "rows.json")
        let interruption = Interruption()
        interruption.request()
        let report = try await DataCheck(
            [AnnotationSource("\(folder.path)/rows.json")], tags: .standard
        ).run(interruption: interruption)
        #expect(report.examinedCount == 1 && report.mediaCount == 4 && !report.isSound)
    }
}
