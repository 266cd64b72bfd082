extension RowMaker {
    /// A question about a video, or a conversation about the features of one; the video itself is taken.
    func videoChatGPT(_ fields: RecordFields, number: Int) -> AnnotationRow {
        var fields = fields
        if !fields.has("conversations") {
            let turns = AnnotationTurn.pair(videoTags + fields.text("q"), fields.answer("a"))
            let name: String = fields.name("video_id")
            let path: String = fields.filled(mediaName)
            return Self.row(id: "\(name)/\(number)", video: path, turns, fields.problems)
        }
        var row = AnnotationRow(.object(fields.members))
        let video: String = fields.text("video")
        let name: String = video.hasSuffix(".pkl") ? String(video.dropLast(4)) : video
        fields.set("video_id", name)
        row.id = "\(row.id ?? name)/\(number)"
        row.videos = [.init(key: "video", paths: [fields.filled(mediaName)])]
        row.problems += fields.problems
        return row
    }

    /// Questions and answers about a video or picture; `i` of the first is an instruction.
    func videoChat(_ fields: RecordFields) -> AnnotationRow {
        var fields = fields
        let isPicture: Bool = fields.has("image")
        let path: String = fields.text(isPicture ? "image" : "video")
        var turns: [AnnotationTurn] = []
        var instruction: String?
        for (index, pair) in fields.objects("QA").enumerated() {
            var pair = pair
            if index == 0 { instruction = pair.optionalName("i") }
            let tags: String = index > 0 ? "" : isPicture ? visualTag + "\n" : videoTags
            turns += AnnotationTurn.pair(tags + pair.text("q"), pair.answer("a"))
            fields.note(pair.problems.map { "QA \(index + 1) \($0)" })
        }
        let id: String? = fields.optionalName("id")
        var row = Self.row(id: id, video: isPicture ? nil : path, turns, fields.problems)
        if isPicture { row.images = [.init(key: "image", paths: [path])] }
        row.system = instruction
        return row
    }

    /// A dialogue about a video and its sound, without turns whose answers are not disclosed.
    mutating func dialogue(_ fields: RecordFields) -> [AnnotationRow] {
        var fields = fields
        let id: String = fields.name("image_id")
        var turns: [AnnotationTurn] = []
        for (index, pair) in fields.objects("dialog").enumerated() {
            var pair = pair
            let (question, answer) = (pair.text("question"), pair.answer("answer"))
            fields.note(pair.problems.map { "dialog \(index + 1) \($0)" })
            if answer == Self.undisclosed {
                undisclosedCount += 1
            } else {
                turns += AnnotationTurn.pair(
                    turns.isEmpty ? videoTags + question : question, answer)
            }
        }
        let path: String = fields.filled(mediaName)
        if turns.isEmpty, fields.problems.isEmpty { return [] }
        return [Self.row(id: id, video: path, turns, fields.problems)]
    }
}
