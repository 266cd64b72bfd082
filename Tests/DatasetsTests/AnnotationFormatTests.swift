import Datasets
import Foundation
import Testing

/// Small files with the keys, types and quirks of the published ones.
@Suite struct AnnotationFormatTests {
    /// What a file is read as, with empty files standing in for the media.
    private func read(
        _ text: String, as name: String = "rows.json", media: [String],
        beside others: [String: String] = [:], _ change: (inout AnnotationSource) -> Void = { _ in }
    ) throws -> (annotations: Annotations, folder: String) {
        let folder = try AnnotationFolder(media: media)
        for (name, text) in others { try folder.write(text, to: name) }
        var source = AnnotationSource(try folder.write(text, to: name))
        change(&source)
        return (try AnnotationReader().read(source), folder.path)
    }

    private func problems(_ annotations: Annotations) -> [String] {
        annotations.problems.map(\.description) + annotations.missingMedia.map(\.description)
    }

    @Test func videoChatGPTQuestions() throws {
        let (found, folder) = try read(
            #"[{"q": "What happens?", "a": "A dog runs.", "video_id": "v_abc"}, "#
                + #"{"q": "Where?", "a": "", "video_id": "v_abc"}]"#, media: ["v_abc.mkv"])
        #expect(found.format == .videoChatGPT)
        #expect(
            found.samples == [
                Sample(
                    id: "v_abc/1", visualPath: "\(folder)/v_abc.mkv",
                    turns: [Turn(question: "<video>\nWhat happens?", answer: "A dog runs.")])
            ])
        #expect(found.problems.map(\.kind) == [.emptyAnswer])
        #expect(found.problems[0].location == "row 2")
    }

    @Test func videoChatGPTConversationsTakeTheVideoOfTheFeatures() throws {
        let row = """
            {"id": "v_abc", "video": "v_abc.pkl", "conversations": [
             {"from": "human", "value": "What happens?\\n<video>"}, {"from": "gpt", "value": "A."}]}
            """
        let (found, folder) = try read("[\(row), \(row)]", media: ["v_abc.mp4"])
        #expect(found.format == .videoChatGPT)
        #expect(found.samples.map(\.id) == ["v_abc/1", "v_abc/2"])
        #expect(found.samples[0].visualPath == "\(folder)/v_abc.mp4")
    }

    @Test func videoChatConversations() throws {
        let (found, folder) = try read(
            """
            [{"video": "0/1.mp4", "QA": [{"i": "Watch closely.", "q": "Who?", "a": "A man."},
              {"q": "Where?", "a": "At sea."}]}, {"video": "0/1.mp4", "QA": [{"q": "Who?"}]}]
            """, media: []
        ) { $0.mediaFolder = "/videos" }
        let sample = try #require(found.samples.first)
        #expect(sample.visualPath == "/videos/0/1.mp4" && sample.systemPrompt == "Watch closely.")
        #expect(sample.turns.map(\.question) == ["<video>\nWho?", "Where?"])
        #expect(sample.turns.map(\.answer) == ["A man.", "At sea."])
        #expect(found.problems.map(\.detail).contains("QA 1 has no a; expected text"))
        #expect(found.missingPaths == ["/videos/0/1.mp4"] && !folder.isEmpty)
    }

    @Test func webVidTable() throws {
        let text =
            "videoid,contentUrl,duration,page_dir,name\r\n"
            + "21179416,https://x/y.mp4,PT00H00M11S,006001_006050,\"Aerial, \"\"wide\"\" shot\"\r\n"
            + "7,https://x/z.mp4,PT00H00M11S,006001_006050\r\n"
        let (found, folder) = try read("\u{FEFF}" + text, as: "rows.csv", media: [])
        #expect(found.format == .webVid)
        let sample = try #require(found.samples.first)
        #expect(sample.id == "21179416")
        #expect(sample.visualPath == "\(folder)/006001_006050/21179416.mp4")
        #expect(
            sample.turns == [
                Turn(question: "<video>\nDescribe the video.", answer: #"Aerial, "wide" shot"#)
            ])
        #expect(problems(found).first?.hasPrefix("line 3: has 4 fields for 5 columns") == true)
    }

    @Test func webVidIsHeardWhenAsked() throws {
        let text = "videoid,contentUrl,duration,page_dir,name\n1,u,d,p,A cat."
        let (found, folder) = try read(text, as: "rows.csv", media: []) {
            $0.hearsVideos = true
            $0.question = "What is this?"
        }
        #expect(found.samples[0].audioPath == "\(folder)/p/1.mp4")
        #expect(found.samples[0].turns[0].question == "<video>\n<audio>\nWhat is this?")
    }

    @Test func audioCapsTable() throws {
        let text = """
            audiocap_id,youtube_id,start_time,caption
            58146,rqfQRErjfk8,170,A large crowd cheers
            58147,rqfQRErjfk8,170,

            """
        let (found, folder) = try read(text, as: "val.csv", media: ["rqfQRErjfk8.wav"])
        #expect(found.format == .audioCaps)
        #expect(
            found.samples == [
                Sample(
                    id: "58146", audioPath: "\(folder)/rqfQRErjfk8.wav",
                    turns: [
                        Turn(
                            question: "<audio>\nDescribe the sound.",
                            answer: "A large crowd cheers")
                    ])
            ])
        #expect(found.problems.map(\.kind) == [.emptyAnswer])
        #expect(found.problems[0].location == "line 3")
        let (named, place) = try read(text, as: "val.csv", media: ["Y_rqfQRErjfk8_170.flac"]) {
            $0.mediaName = "Y_{youtube_id}_{start_time}.flac"
        }
        #expect(named.samples[0].audioPath == "\(place)/Y_rqfQRErjfk8_170.flac")
        let (wrong, _) = try read(text, as: "val.csv", media: []) { $0.mediaName = "{clip}.wav" }
        #expect(
            wrong.problems[0].detail
                == "has no clip; expected it for the name of its medium, {clip}.wav")
    }

    @Test func clothoTables() throws {
        let (found, folder) = try read(
            "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\n"
                + "Distorted AM Radio.wav,One.,Two.,\"Three, four.\",Five.,Six.\n",
            as: "clotho.csv", media: ["Distorted AM Radio.wav"])
        #expect(found.format == .clotho)
        #expect(found.samples.count == 5)
        #expect(found.samples[2].id == "Distorted AM Radio.wav/3")
        #expect(found.samples[2].turns[0].answer == "Three, four.")
        #expect(found.samples[2].audioPath == "\(folder)/Distorted AM Radio.wav")
        #expect(problems(found).isEmpty)
        let (one, _) = try read("file_name,caption\na.wav,One.\n", as: "c.csv", media: ["a.wav"])
        #expect(one.samples.map(\.id) == ["a.wav"])
    }

    @Test func wavCapsFiles() throws {
        let (found, folder) = try read(
            """
            {"num_captions_per_audio": 1, "data": [{"title": "Airplane", "description": "d",
             "author": "a", "href": "h", "caption": "An airplane is landing.", "id": "2219",
             "duration": 14.1, "audio": "wav/2219.wav", "download_link": "l"},
             {"caption": "A dog.", "id": "Yb0RFKhbpFJA.wav", "duration": 10.0}]}
            """, media: ["2219.flac", "Yb0RFKhbpFJA.flac"])
        #expect(found.format == .wavCaps)
        #expect(
            found.samples.map(\.audioPath) == [
                "\(folder)/2219.flac", "\(folder)/Yb0RFKhbpFJA.flac",
            ])
        #expect(found.samples.map { $0.turns[0].answer } == ["An airplane is landing.", "A dog."])
        let (five, place) = try read(
            """
            {"data": [{"caption_1": "a", "caption_2": "b", "caption_3": "c", "caption_4": "d",
             "caption_5": "e", "wav": "Y1.wav", "audio": "x"}]}
            """, media: ["Y1.wav"])
        #expect(five.format == .wavCaps && five.samples.count == 5)
        #expect(five.samples[4].audioPath == "\(place)/Y1.wav" && problems(five).isEmpty)
    }

    @Test func avsdDialogues() throws {
        let (found, folder) = try read(
            """
            {"type": "train", "version": "1.0", "dialogs": [{"image_id": "7UPGT", "caption": "c",
             "summary": "s", "dialog": [{"question": "is there sound?", "answer": "yes"},
             {"question": "who?", "answer": "__UNDISCLOSED__"}]},
             {"image_id": "8", "dialog": [{"question": "who?"}]}]}
            """, media: ["7UPGT.mp4"])
        #expect(found.format == .avsd)
        let sample = try #require(found.samples.first)
        #expect(sample.visualPath == "\(folder)/7UPGT.mp4" && sample.modality == .audioVisual)
        #expect(
            sample.turns == [Turn(question: "<video>\n<audio>\nis there sound?", answer: "yes")])
        #expect(found.remarks == ["1 answers are __UNDISCLOSED__; these questions are left out"])
        #expect(
            problems(found).first
                == "dialogue 2 (id \"8\"): dialog 1 has no answer; expected text")
    }

    @Test func musicAVQAQuestions() throws {
        let row = """
            {"video_id": "00000173", "question_id": 9, "type": "[\\"Audio\\", \\"Counting\\"]",
             "question_content": "Are there <Object> and <Object> sound?",
             "templ_values": "[\\"violin\\", \\"cello\\"]", "question_deleted": 0, "anser": "yes"}
            """
        let broken = row.replacing("question_id\": 9", with: "question_id\": 10")
            .replacing(", \\\"cello\\\"", with: "")
        let deleted = row.replacing("deleted\": 0", with: "deleted\": 1")
        let (found, folder) = try read("[\(row), \(broken), \(deleted)]", media: ["00000173.mp4"])
        #expect(found.format == .musicAVQA)
        #expect(
            found.samples == [
                Sample(
                    id: "9", visualPath: "\(folder)/00000173.mp4",
                    audioPath: "\(folder)/00000173.mp4",
                    turns: [
                        Turn(
                            question: "<video>\n<audio>\nAre there violin and cello sound?",
                            answer: "yes")
                    ], task: "Audio Counting", answer: "yes")
            ])
        #expect(
            found.problems.map(\.detail) == [
                "templ_values holds 1 values for the 2 slots of question_content; expected as many"
            ])
        #expect(found.remarks == ["1 rows are marked question_deleted and left out"])
    }

    @Test func activityNetQAJoinsQuestionsAndAnswers() throws {
        let questions = """
            [{"video_name": "1QIUV7WYKXg", "question": "is he in a room", "question_id": "v_1_4"},
             {"video_name": "1QIUV7WYKXg", "question": "why", "question_id": "v_1_5"}]
            """
        let answers = #"[{"answer": "yes", "type": 3, "question_id": "v_1_4"}]"#
        let (found, folder) = try read(
            questions, as: "test_q.json", media: ["v_1QIUV7WYKXg.mp4"],
            beside: ["test_a.json": answers])
        #expect(found.format == .activityNetQA)
        #expect(
            found.samples == [
                Sample(
                    id: "v_1_4", visualPath: "\(folder)/v_1QIUV7WYKXg.mp4",
                    turns: [Turn(question: "<video>\nis he in a room", answer: "yes")],
                    task: "type 3", answer: "yes")
            ])
        #expect(
            problems(found).first
                == "row 2 (id \"v_1_5\"): question_id v_1_5 is not in the file of answers; "
                + "expected an answer to each")
        let error = #expect(throws: DatasetError.self) {
            try read(questions, as: "val_q.json", media: [])
        }
        #expect(error?.subject.hasSuffix("/val_a.json") == true && error?.kind == .unreadable)
    }

    @Test func msrvttAndMSVDQuestions() throws {
        let row =
            #"[{"answer": "couch", "category_id": 14, "id": 3, "question": "what?", "#
            + #""video_id": 12}]"#
        let (found, folder) = try read(row, media: ["video12.mp4"])
        #expect(found.format == .msrvttQA)
        #expect(
            found.samples == [
                Sample(
                    id: "3", visualPath: "\(folder)/video12.mp4",
                    turns: [Turn(question: "<video>\nwhat?", answer: "couch")], answer: "couch")
            ])
        let (clips, place) = try read(
            row.replacing("\"category_id\": 14, ", with: ""), media: ["-4wsuPCjDBc_5_15.avi"],
            beside: ["youtube_mapping.txt": "mv89psg6zh4_33_46 vid1\n-4wsuPCjDBc_5_15 vid12\r\n"])
        #expect(clips.format == .msvdQA)
        #expect(clips.samples[0].visualPath == "\(place)/-4wsuPCjDBc_5_15.avi")
        let error = #expect(throws: DatasetError.self) {
            try read(
                row, media: [], beside: ["youtube_mapping.txt": "a 1\n"]
            ) { $0.format = .msvdQA }
        }
        #expect(error?.description.contains("line 1 is \"a 1\"") == true)
    }

    @Test func aNamedFormatCountsMoreThanTheRows() throws {
        let (found, _) = try read(
            #"[{"q": "x", "a": "y", "video_id": "v"}]"#, media: ["v.mp4"]
        ) { $0.format = .avsd }
        #expect(
            problems(found).contains(
                "row 1: has no image_id; expected text or a whole number"))
    }

    @Test func severalFilesThatCouldBeMeantAreAProblem() throws {
        let (found, _) = try read(
            #"[{"q": "x", "a": "y", "video_id": "v"}]"#,
            media: ["v.mp4", "v.webm", "v.json", "v.txt"])
        #expect(
            problems(found) == [
                "row 1 (id \"v/1\"): 2 media files could be meant: v.mp4, v.webm"
            ])
    }

    @Test(arguments: [
        ("a,b\n1,2\n", "as a table its columns would be a, b"),
        ("file_name,caption\n\"a.wav,b\n", "line 2: the file ends inside quotes"),
        ("file_name,caption\n\"a\"x,b\n", "line 2: text follows a closing quote"),
        ("file_name,caption\n", "holds no rows"),
    ])
    func tablesThatAreNoneAreRefused(_ text: String, _ detail: String) throws {
        let error = #expect(throws: DatasetError.self) {
            try read(text, as: "rows.csv", media: [])
        }
        #expect(error?.kind == .malformed)
        #expect(error?.description.contains(detail) == true, "\(error?.description ?? "")")
    }
}
