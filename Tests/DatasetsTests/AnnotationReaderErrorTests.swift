import Datasets
import Foundation
import Testing

@Suite struct AnnotationReaderErrorTests {
    static let conversation =
        #""conversations": [{"from":"human","value":"q"},{"from":"gpt","value":"a"}]"#

    /// Rows that are wrong, and what the message about each must say.
    static let wrongRows: [(row: String, detail: String)] = [
        ("3", "is a number; expected an object"),
        ("null", "is null; expected an object"),
        ("{\(conversation), \"tools\": [{}]}", "has tools"),
        (
            #"{"messages": [{"role": "user", "content": "q"}, "#
                + #"{"role": "assistant", "content": "a", "loss": false}]}"#,
            "turn 2 has a loss of its own"
        ),
        (#"{"id": 1.5, \#(conversation)}"#, "id is a number"),
        (#"{"id": true, \#(conversation)}"#, "id is true or false"),
        (#"{"id": "", \#(conversation)}"#, "id is empty"),
        (#"{"id": "a"}"#, "has no conversations"),
        (#"{"id": "a", "conversations": []}"#, "has no turns"),
        (#"{"id": "a", "conversations": "q"}"#, "conversations is text"),
        (#"{"id": "a", "conversations": [1]}"#, "turn 1 is a number"),
        (#"{"id": "a", "conversations": [{"value": "q"}]}"#, "turn 1 does not say who speaks"),
        (#"{"id": "a", "conversations": [{"from": "human"}]}"#, "turn 1 has no text"),
        (#"{"id": "a", "messages": [], \#(conversation)}"#, "both conversations and messages"),
        (row(#""audios": [7], "#, question: "<audio>q"), "audios holds a number"),
        (row(#""task": 7, "#, question: "q"), "task is a number"),
        (row(#""choices": "yes", "#, question: "q"), "choices is text"),
        (#"{"id": "a", "conversations": [{"from":"gpt","value":"a"}]}"#, "turn 1 is by \"gpt\""),
        (#"{"id": "a", "conversations": [{"from":"human","value":"q"}]}"#, "ends with a question"),
        (row("", question: "q", answer: " \\n"), "turn 2 is an empty answer"),
        (row("", question: ""), "turn 1 is an empty question"),
        (row("", question: "q", answer: "<video>"), "media tag outside the first question"),
        (row("", question: "<video>q"), "1 visual tags (<video> or <image>) for 0 visual files"),
        (row(#""video": "m", "#, question: "q"), "0 visual tags"),
        (row(#""video": "m", "#, question: "<video><image>q"), "2 visual tags"),
        (row(#""image": "m", "#, question: "<image><audio>q"), "1 audio tags"),
        (row(#""image": "m", "video": "m", "#, question: "<image>q"), "2 visual files"),
        (row(#""audios": ["m", "m"], "#, question: "<audio>q"), "names 2 audio files"),
        (row(#""audio": "", "#, question: "<audio>q"), "audio is an empty path"),
        (row(#""audio": {"path": "m"}, "#, question: "<audio>q"), "audio is an object"),
        (row(#""modality": "smell", "#, question: "q"), "modality \"smell\" is unknown"),
        (row(#""modality": "audio", "#, question: "q"), "modality is audio but"),
        (row(#""requires": ["taste"], "#, question: "q"), "requires \"taste\""),
        (row(#""answer": "x", "choices": ["y", "z"], "#, question: "q"), "not among its choices"),
        (row(#""choices": ["y", "y"], "#, question: "q"), "choices name an answer twice"),
        (row(#""accept": [""], "#, question: "q"), "hold an empty text"),
    ]

    @Test(arguments: wrongRows) func wrongRowIsNamedWithItsNumber(
        _ wrong: (row: String, detail: String)
    ) throws {
        let folder = try AnnotationFolder(media: ["m"])
        let good = row(id: "\"good\"", "", question: "q")
        let error = try #require(try folder.error(reading: "[\(good), \(wrong.row)]"))
        #expect(error.kind == .invalidRows)
        #expect(error.problems.allSatisfy { $0.location == "row 2" })
        #expect(error.problems.contains { $0.detail.contains(wrong.detail) }, "\(error)")
    }

    @Test func everyProblemAndEveryMissingFileIsReportedAtOnce() throws {
        let folder = try AnnotationFolder()
        let missing = (0..<50).map {
            row(id: "\($0)", "\"video\": \"v\($0 % 30).mp4\", ", question: "<video>q")
        }
        let wrong = (0..<30).map { row(id: "\"w\($0)\"", "", question: "<audio>q") }
        let text =
            "[" + (missing + wrong + [row(id: "7", "", question: "q")]).joined(separator: ",")
        let error = try #require(try folder.error(reading: text + "]"))
        #expect(error.problemCount == 31)
        #expect(error.problems.count == DatasetError.listLimit)
        #expect(error.missingMediaCount == 30)
        #expect(error.missingMedia.count == DatasetError.listLimit)
        #expect(
            error.missingMedia[3].description
                == "row 4 (id \"3\"): no media file at \(folder.path)/v3.mp4")
        #expect(error.description.contains("and 11 more"))
        #expect(error.description.contains("and 10 more"))
    }

    @Test func idUsedTwiceNamesBothRows() throws {
        let folder = try AnnotationFolder()
        let error = try #require(
            try folder.error(
                reading:
                    "[\(row(id: "7", "", question: "q")),\(row(id: "\"7\"", "", question: "q"))]"
            ))
        #expect(
            error.problems.map(\.description) == [
                "row 2 (id \"7\"): id was used before by row 1; expected each id once"
            ])
    }

    @Test func brokenLinesOfJSONLinesAreNamed() throws {
        let folder = try AnnotationFolder()
        let good = #"{"id": "a", \#(Self.conversation)}"#
        let error = try #require(try folder.error(reading: "\(good)\n\n{\"id\": \n[]\n"))
        #expect(error.problems.map(\.location) == ["line 3", "line 4"])
    }

    @Test func folderInPlaceOfMediaIsMissing() throws {
        let folder = try AnnotationFolder()
        let text = row("\"video\": \"\(folder.path)\", ", question: "<video>q")
        let error = try #require(try folder.error(reading: "[\(text)]"))
        #expect(
            error.missingMedia.map(\.detail) == [
                "a folder instead of a media file at \(folder.path)"
            ])
    }

    @Test(arguments: [
        ("", "holds no rows"), (" \n", "holds no rows"), ("[]", "holds no rows"),
        ("\"x\"", "neither a JSON array nor JSON Lines"), ("[{]", "is not valid JSON"),
        ("[{\"id\": \"a\"", "is not valid JSON"),
        ("[] x", "line 1, column 4: 'x' is unexpected; expected the end"),
        ("[{\"id\": 1,\n \"x\": [}]", "line 2, column 8: '}' is unexpected; expected a value"),
    ])
    func fileThatIsNotRowsIsRefused(_ text: String, _ detail: String) throws {
        let folder = try AnnotationFolder()
        let error = try #require(try folder.error(reading: text))
        #expect(error.kind == .malformed)
        #expect(error.detail.contains(detail), "\(error)")
        #expect(error.subject.hasSuffix("rows.json"))
    }

    @Test func hostileBytesAreRefused() throws {
        let folder = try AnnotationFolder()
        let deep = Data(String(repeating: "[", count: 200_000).utf8)
        let invalid = Data("[{\"id\": \"".utf8) + Data([0xFF, 0xFE]) + Data("\"}]".utf8)
        for data in [deep, invalid] {
            let file = try folder.write(data, to: "hostile.json")
            #expect(throws: DatasetError.self) { try AnnotationReader().read(file) }
        }
    }

    @Test func pathsThatAreNotFilesAreRefused() throws {
        let folder = try AnnotationFolder()
        for path in [folder.path, folder.path + "/none.json", "/dev/zero"] {
            let error = #expect(throws: DatasetError.self) { try AnnotationReader().read(path) }
            #expect(error?.kind == .unreadable)
        }
    }
}
