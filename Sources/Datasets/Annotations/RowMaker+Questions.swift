extension RowMaker {
    /// A question with slots, which take their values in order.
    ///
    /// Source: GeWu-Lab/MUSIC-AVQA; the key of the answer is spelt `anser` there
    mutating func musicAVQA(_ fields: RecordFields) -> [AnnotationRow] {
        var fields = fields
        if let mark = fields.optionalName("question_deleted"), mark != "0" {
            deletedCount += 1
            return []
        }
        let answer: String = fields.answer(fields.has("anser") ? "anser" : "answer")
        let values: [String] = fields.quotedTexts("templ_values")
        let types: [String] = fields.quotedTexts("type")
        let slotted: String = fields.text("question_content")
        let (question, slotCount) = Self.filled(slotted, with: values)
        if slotCount != values.count {
            fields.note([
                "templ_values holds \(values.count) values for the \(slotCount) slots of "
                    + "question_content; expected as many"
            ])
        }
        let id: String = fields.name("question_id")
        return [
            questionRow(
                fields, id: id, question, answer: answer, task: types.joined(separator: " "))
        ]
    }

    private static func filled(
        _ question: String, with values: [String]
    ) -> (text: String, slotCount: Int) {
        var result = ""
        var rest = question[...]
        var count = 0
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            result += rest[..<open]
            result += values.indices.contains(count) ? values[count] : ""
            count += 1
            rest = rest[rest.index(after: close)...]
        }
        return (result + rest, count)
    }

    /// A question whose answer stands in the row itself or in the file of answers.
    func activityNetQA(_ fields: RecordFields) -> AnnotationRow {
        var fields = fields
        let id: String = fields.name("question_id")
        let question: String = fields.text("question")
        var answers = fields
        if !fields.has("answer") {
            guard case .object(let members)? = companion[id] else {
                fields.note([
                    "question_id \(id) is not in the file of answers; expected an answer to each"
                ])
                return Self.row(id: id, [], fields.problems)
            }
            answers = RecordFields(members)
        }
        let answer: String = answers.answer("answer")
        fields.note(answers.problems)
        return questionRow(
            fields, id: id, question, answer: answer,
            task: answers.optionalName("type").map { "type \($0)" })
    }

    /// A question with its answer.
    func videoQA(_ fields: RecordFields) -> AnnotationRow {
        var fields = fields
        let (question, answer) = (fields.text("question"), fields.answer("answer"))
        return questionRow(
            fields, id: fields.optionalName("id"), question, answer: answer, task: nil)
    }

    /// The same, about a clip that has a number in place of its name.
    func msvdQA(_ fields: RecordFields) -> AnnotationRow {
        guard hasOwnMediaName else { return videoQA(fields) }
        var fields = fields
        let number: String = fields.name("video_id")
        guard case .string(let name)? = companion[number] else {
            fields.note([
                "video_id \(number) is not in \(CompanionFile.youtubeMapping); expected a number "
                    + "that is"
            ])
            return Self.row(id: fields.optionalName("id"), [], fields.problems)
        }
        fields.set("youtube_name", name)
        return videoQA(fields)
    }

    private func questionRow(
        _ fields: RecordFields, id: String?, _ question: String, answer: String, task: String?
    ) -> AnnotationRow {
        var fields = fields
        let path: String = fields.filled(mediaName)
        var row = Self.row(
            id: id, video: path, AnnotationTurn.pair(videoTags + question, answer),
            fields.problems)
        row.answer = answer
        row.task = task
        return row
    }
}
