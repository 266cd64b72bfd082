/// Turns rows into samples, noting everything that keeps a row from being one.
struct SampleBuilder {
    /// Something wrong with the row at hand.
    struct Problem {
        let kind: DatasetError.RowProblem.Kind
        let detail: String
    }

    let tags: MediaTags
    /// Whether videos are heard where rows do not say.
    let hearsVideos: Bool
    private(set) var problems: [Problem] = []

    init(tags: MediaTags, hearsVideos: Bool?) {
        self.tags = tags
        self.hearsVideos = hearsVideos ?? false
    }

    /// The sample of a row, or nil when `problems` says why there is none.
    mutating func sample(
        from row: AnnotationRow, at location: String, _ locator: inout MediaLocator
    ) -> Sample? {
        problems = row.problems.map { Problem(kind: .field, detail: $0) }
        var conversation = conversation(of: row)
        if hearsVideos { hearVideo(of: row, &conversation.turns) }
        let media = media(of: row, turns: conversation.turns, &locator)
        let requires = requirements(of: row)
        checkAnswers(of: row)
        let actual = Modality(hasVisual: media.visual != nil, hasAudio: media.audio != nil)
        checkModality(of: row, is: actual)
        guard problems.isEmpty else { return nil }
        return Sample(
            id: row.id ?? location, visualPath: media.visual, audioPath: media.audio,
            systemPrompt: conversation.system, turns: conversation.turns, task: row.task,
            split: row.split, answer: row.answer, choices: row.choices, accept: row.accept,
            requires: requires)
    }

    private mutating func conversation(of row: AnnotationRow) -> (system: String?, turns: [Turn]) {
        var system: String? = row.system
        var question: String?
        var turns: [Turn] = []
        for (index, turn) in row.turns.enumerated() {
            let name = "turn \(index + 1)"
            if let problem = turn.problem {
                note("\(name) \(problem)")
                return (system, turns)
            }
            let text: String = turn.text
            let isBlank: Bool = text.allSatisfy(\.isWhitespace)
            switch (turn.speaker, question) {
            case ("system", nil) where index == 0:
                system = text
            case ("human", nil), ("user", nil):
                if isBlank { note("\(name) is an empty question; expected text") }
                question = text
            case ("gpt", let asked?), ("assistant", let asked?):
                if isBlank {
                    note("\(name) is an empty answer; expected text", .emptyAnswer)
                }
                turns.append(Turn(question: asked, answer: text))
                question = nil
            default:
                let expected = question == nil ? "human or user" : "gpt or assistant"
                note("\(name) is by \"\(turn.speaker)\"; expected \(expected)")
                return (system, turns)
            }
        }
        if question != nil {
            note("ends with a question; expected an answer after every question")
        } else if turns.isEmpty, !row.turns.isEmpty {
            note("has no question; expected a question and its answer")
        }
        return (system, turns)
    }

    private mutating func note(
        _ detail: String, _ kind: DatasetError.RowProblem.Kind = .field
    ) {
        problems.append(Problem(kind: kind, detail: detail))
    }

    /// Puts a tag for the video's own sound behind the video's, where the row has neither sound nor tag.
    private func hearVideo(of row: AnnotationRow, _ turns: inout [Turn]) {
        guard let first = turns.first, !row.videos.isEmpty, row.images.isEmpty, row.audios.isEmpty,
            tags.count(of: .audio, in: first.question) == 0, let tag = tags.audio.first
        else { return }
        var question = ""
        for piece in tags.pieces(of: first.question) {
            switch piece {
            case .text(let text): question += text
            case .media: question += (tags.visual.first ?? "") + "\n" + tag
            }
        }
        turns[0] = Turn(question: question, answer: first.answer)
    }

    private mutating func media(
        of row: AnnotationRow, turns: [Turn], _ locator: inout MediaLocator
    ) -> (visual: String?, audio: String?) {
        let visual = single(row.images + row.videos, kind: .visual, &locator)
        let audio = single(row.audios, kind: .audio, &locator)
        guard let first = turns.first else { return (visual, audio) }
        let later: [String] = turns.dropFirst().map(\.question) + turns.map(\.answer)
        if later.contains(where: { tags.pieces(of: $0).contains { $0.isMedia } }) {
            note("has a media tag outside the first question; expected it there", .tags)
        }
        let visualTagCount = tags.count(of: .visual, in: first.question)
        let audioTagCount = tags.count(of: .audio, in: first.question)
        compare(tagCount: visualTagCount, fileCount: fileCount(row.images + row.videos), .visual)
        if audio == nil, audioTagCount == 1, !row.videos.isEmpty, row.images.isEmpty {
            return (visual, visual)  // the video's own track
        }
        compare(tagCount: audioTagCount, fileCount: fileCount(row.audios), .audio)
        return (visual, audio)
    }

    private func fileCount(_ fields: [AnnotationRow.MediaField]) -> Int {
        fields.reduce(0) { $0 + $1.paths.count }
    }

    /// The one path of the fields, resolved, or nil when there is none or more than one.
    private mutating func single(
        _ fields: [AnnotationRow.MediaField], kind: MediaKind, _ locator: inout MediaLocator
    ) -> String? {
        let paths: [String] = fields.flatMap(\.paths)
        guard let path = paths.first else { return nil }
        guard paths.count == 1 else {
            let keys: String = fields.map(\.key).joined(separator: ", ")
            note(
                "names \(paths.count) \(kind.rawValue) files (\(keys)); expected at most one",
                .tags)
            return nil
        }
        let found = locator.path(of: path)
        if let problem = found.problem { note(problem) }
        return found.path
    }

    private mutating func compare(tagCount: Int, fileCount: Int, _ kind: MediaKind) {
        guard tagCount != fileCount, fileCount <= 1 else { return }
        let names: String = tags.names(of: kind)
        note(
            "first question has \(tagCount) \(kind.rawValue) tags (\(names)) for \(fileCount) "
                + "\(kind.rawValue) files; expected one tag for each file", .tags)
    }

    private mutating func checkModality(of row: AnnotationRow, is actual: Modality) {
        guard let stated = row.modality else { return }
        let known: String = Modality.allCases.map(\.rawValue).joined(separator: ", ")
        guard let modality = Modality(rawValue: stated) else {
            note("modality \"\(stated)\" is unknown; expected one of \(known)")
            return
        }
        if problems.isEmpty, modality != actual {
            note(
                "modality is \(stated) but its media and tags are \(actual.rawValue); "
                    + "expected them to agree")
        }
    }

    private mutating func requirements(of row: AnnotationRow) -> Set<MediaKind> {
        var kinds: Set<MediaKind> = []
        for name in row.requires {
            if let kind = MediaKind(rawValue: name) {
                kinds.insert(kind)
            } else {
                note("requires \"\(name)\"; expected visual or audio")
            }
        }
        return kinds
    }

    private mutating func checkAnswers(of row: AnnotationRow) {
        if let answer = row.answer, !row.choices.isEmpty,
            Set(row.choices).isDisjoint(with: row.accept + [answer])
        {
            note("answer \"\(answer)\" is not among its choices; expected one of them")
        }
        if Set(row.choices).count != row.choices.count {
            note("choices name an answer twice; expected each once")
        }
        if (row.choices + row.accept).contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            note("choices or accept hold an empty text; expected answers")
        }
    }
}
