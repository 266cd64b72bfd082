import Datasets
import Foundation
import Testing

@Suite struct AnnotationReaderTests {
    @Test func everyMediaKeyIsReadAsTextAndAsListOfOne() throws {
        let folder = try AnnotationFolder(media: ["m"])
        for (keys, tag) in [
            (["image", "images"], "<image>"), (["video", "videos"], "<video>"),
            (["audio", "audios"], "<audio>"),
        ] {
            for key in keys {
                for value in ["\"m\"", "[\"m\"]"] {
                    let text = row("\"\(key)\": \(value), ", question: "\(tag)\\nWhat?")
                    let sample = try #require(try folder.read("[\(text)]").first)
                    #expect(sample.modality == (key.hasPrefix("audio") ? .audio : .visual))
                    #expect((sample.visualPath ?? sample.audioPath) == "\(folder.path)/m")
                    #expect(sample.turns == [Turn(question: "\(tag)\nWhat?", answer: "A dog.")])
                }
            }
        }
    }

    @Test func everyEvaluationFieldIsRead() throws {
        let folder = try AnnotationFolder(media: ["v.mp4"])
        let text = """
            [{"id": 7, "split": "val", "stage": "finetune", "modality": "audio-visual",
              "task": "match", "video": "v.mp4", "audio": null, "images": [],
              "conversations": [{"from": "human", "value": "<video>\\n<audio>\\nMatch?"},
                                {"from": "gpt", "value": "Yes."}],
              "answer": "yes", "choices": ["yes", "no"], "accept": ["yeah"],
              "requires": ["visual", "audio"], "meta": {"source": [1, {"x": null}]}}]
            """
        let sample = try #require(try folder.read(text).first)
        let expected = Sample(
            id: "7", visualPath: "\(folder.path)/v.mp4", audioPath: "\(folder.path)/v.mp4",
            turns: [Turn(question: "<video>\n<audio>\nMatch?", answer: "Yes.")], task: "match",
            split: "val",
            answer: "yes", choices: ["yes", "no"], accept: ["yeah"], requires: [.visual, .audio])
        #expect(sample == expected)
        #expect(sample.modality == .audioVisual)
    }

    @Test func soundFileOfItsOwnIsKeptApartFromTheVideo() throws {
        let folder = try AnnotationFolder(media: ["v", "s"])
        let text = row(
            "\"video\": \"\(folder.path)/v\", \"audio\": \"s\", ", question: "<audio><video>What?")
        let sample = try #require(try folder.read("[\(text)]").first)
        #expect(sample.visualPath == "\(folder.path)/v")
        #expect(sample.audioPath == "\(folder.path)/s")
    }

    @Test func rolesAndSystemTurnAreRead() throws {
        let folder = try AnnotationFolder()
        let sample = try #require(
            try folder.read(
                """
                [{"id": "t", "messages": [{"role": "system", "content": "Be brief."},
                  {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"},
                  {"role": "user", "content": "Bye"}, {"role": "assistant", "content": "So long"}]}]
                """
            ).first)
        #expect(sample.modality == .text)
        #expect(sample.systemPrompt == "Be brief.")
        #expect(sample.turns.map(\.answer) == ["Hello", "So long"])
    }

    @Test func byteOrderMarkAndCarriageReturnsAreTolerated() throws {
        let folder = try AnnotationFolder()
        let mark = Data([0xEF, 0xBB, 0xBF])
        let row =
            #"{"id": "é", "conversations": [{"from":"human","value":"q"},"#
            + #"{"from":"gpt","value":"a"}]}"#
        let array = mark + Data("[\r\n\(row)\r\n]\r\n".utf8)
        let second = row.replacingOccurrences(of: "é", with: "b")
        let lines = mark + Data("\(row)\r\n\r\n\(second)\r\n".utf8)
        let arrayFile = try folder.write(array, to: "a.json")
        let linesFile = try folder.write(lines, to: "b.jsonl")
        #expect(try AnnotationReader().read(arrayFile).map(\.id) == ["é"])
        #expect(try AnnotationReader().read(linesFile).map(\.id) == ["é", "b"])
    }

    @Test func tagsOfOnesOwnAreUsed() throws {
        let folder = try AnnotationFolder(media: ["v"])
        let file = try folder.write("[\(row("\"video\": \"v\", ", question: "[look] What?"))]")
        let reader = AnnotationReader(tags: try MediaTags(visual: ["[look]"], audio: ["[listen]"]))
        #expect(try reader.read(file).first?.modality == .visual)
        #expect(throws: DatasetError.self) { try AnnotationReader().read(file) }
    }

    @Test func rowsWithoutIDAreNamedByTheirPlace() throws {
        let folder = try AnnotationFolder(media: ["v"])
        let text = """
            {"messages": [{"role": "user", "content": "<video>What?"},
             {"role": "assistant", "content": "A dog."}], "videos": ["v"], "system": "Be brief."}
            """.replacing("\n", with: " ")
        let samples = try folder.read("\(text)\n\n\(text)\n")
        #expect(samples.map(\.id) == ["line 1", "line 3"])
        #expect(samples.allSatisfy { $0.systemPrompt == "Be brief." && $0.modality == .visual })
    }

    @Test func pairsOfHumanAndAssistantAreTurns() throws {
        let folder = try AnnotationFolder()
        let text = """
            [{"system": "", "conversation": [{"human": "Hi", "assistant": "Hello"},
              {"human": "Bye", "assistant": "So long"}], "tools": []}]
            """
        let sample = try #require(try folder.read(text).first)
        #expect(sample.turns.map(\.question) == ["Hi", "Bye"])
        #expect(sample.systemPrompt == nil)
    }

    @Test func videosAreHeardWhereThatIsAskedFor() throws {
        let folder = try AnnotationFolder(media: ["v", "s"])
        let rows = [
            row(id: "1", "\"video\": \"v\", ", question: "<video>\\nWhat?"),
            row(id: "2", "\"video\": \"v\", \"audio\": \"s\", ", question: "<audio><video>What?"),
            row(id: "3", "\"image\": \"v\", ", question: "<image>\\nWhat?"),
        ]
        var source = AnnotationSource(try folder.write("[\(rows.joined(separator: ","))]"))
        source.hearsVideos = true
        let samples = try AnnotationReader().read(source).checkedSamples()
        #expect(samples.map(\.audioPath) == ["\(folder.path)/v", "\(folder.path)/s", nil])
        #expect(samples[0].turns[0].question == "<video>\n<audio>\nWhat?")
        let deaf = AnnotationReader(tags: try MediaTags(visual: ["<video>"], audio: []))
        #expect(throws: DatasetError.self) { try deaf.read(source) }
    }
}
