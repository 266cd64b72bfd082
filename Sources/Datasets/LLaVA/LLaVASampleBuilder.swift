/// Turns rows into samples, noting everything that keeps a row from being one.
struct LLaVASampleBuilder {
    let tags: MediaTags
    /// The folder that relative media paths start from.
    let folder: String
    private(set) var problems: [String] = []

    init(tags: MediaTags, folder: String) {
        self.tags = tags
        self.folder = folder
    }

    /// The sample of a row, or nil when `problems` says why there is none.
    mutating func sample(from row: LLaVARow) -> Sample? {
        problems = row.problems
        let conversation = conversation(of: row)
        let media = media(of: row, turns: conversation.turns)
        let requires = requirements(of: row)
        checkAnswers(of: row)
        let actual = Modality(hasVisual: media.visual != nil, hasAudio: media.audio != nil)
        checkModality(of: row, is: actual)
        guard problems.isEmpty, let id = row.id else { return nil }
        return Sample(
            id: id, visualPath: media.visual, audioPath: media.audio,
            systemPrompt: conversation.system, turns: conversation.turns, task: row.task,
            answer: row.answer, choices: row.choices, accept: row.accept, requires: requires)
    }

    private mutating func conversation(of row: LLaVARow) -> (system: String?, turns: [Turn]) {
        var system: String?
        var question: String?
        var turns: [Turn] = []
        for (index, turn) in row.turns.enumerated() {
            let name = "turn \(index + 1)"
            if let problem = turn.problem {
                problems.append("\(name) \(problem)")
                return (system, turns)
            }
            let text: String = turn.text
            let isBlank: Bool = text.allSatisfy(\.isWhitespace)
            switch (turn.speaker, question) {
            case ("system", nil) where index == 0:
                system = text
            case ("human", nil), ("user", nil):
                if isBlank { problems.append("\(name) is an empty question; expected text") }
                question = text
            case ("gpt", let asked?), ("assistant", let asked?):
                if isBlank { problems.append("\(name) is an empty answer; expected text") }
                turns.append(Turn(question: asked, answer: text))
                question = nil
            default:
                let expected = question == nil ? "human or user" : "gpt or assistant"
                problems.append("\(name) is by \"\(turn.speaker)\"; expected \(expected)")
                return (system, turns)
            }
        }
        if question != nil {
            problems.append("ends with a question; expected an answer after every question")
        } else if turns.isEmpty, !row.turns.isEmpty {
            problems.append("has no question; expected a question and its answer")
        }
        return (system, turns)
    }

    private mutating func media(
        of row: LLaVARow, turns: [Turn]
    ) -> (visual: String?, audio: String?) {
        let visual = single(row.images + row.videos, kind: .visual)
        let audio = single(row.audios, kind: .audio)
        guard let first = turns.first else { return (visual, audio) }
        let later: [String] = turns.dropFirst().map(\.question) + turns.map(\.answer)
        if later.contains(where: { tags.pieces(of: $0).contains { $0.isMedia } }) {
            problems.append("has a media tag outside the first question; expected it there")
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

    private func fileCount(_ fields: [LLaVARow.MediaField]) -> Int {
        fields.reduce(0) { $0 + $1.paths.count }
    }

    /// The one path of the fields, resolved, or nil when there is none or more than one.
    private mutating func single(
        _ fields: [LLaVARow.MediaField], kind: MediaKind
    ) -> String? {
        let paths: [String] = fields.flatMap(\.paths)
        guard let path = paths.first else { return nil }
        guard paths.count == 1 else {
            let keys: String = fields.map(\.key).joined(separator: ", ")
            problems.append(
                "names \(paths.count) \(kind.rawValue) files (\(keys)); expected at most one")
            return nil
        }
        return path.hasPrefix("/") ? path : folder + "/" + path
    }

    private mutating func compare(tagCount: Int, fileCount: Int, _ kind: MediaKind) {
        guard tagCount != fileCount, fileCount <= 1 else { return }
        let names: String = tags.names(of: kind)
        problems.append(
            "first question has \(tagCount) \(kind.rawValue) tags (\(names)) for \(fileCount) "
                + "\(kind.rawValue) files; expected one tag for each file")
    }

    private mutating func checkModality(of row: LLaVARow, is actual: Modality) {
        guard let stated = row.modality else { return }
        let known: String = Modality.allCases.map(\.rawValue).joined(separator: ", ")
        guard let modality = Modality(rawValue: stated) else {
            problems.append("modality \"\(stated)\" is unknown; expected one of \(known)")
            return
        }
        if problems.isEmpty, modality != actual {
            problems.append(
                "modality is \(stated) but its media and tags are \(actual.rawValue); "
                    + "expected them to agree")
        }
    }

    private mutating func requirements(of row: LLaVARow) -> Set<MediaKind> {
        var kinds: Set<MediaKind> = []
        for name in row.requires {
            if let kind = MediaKind(rawValue: name) {
                kinds.insert(kind)
            } else {
                problems.append("requires \"\(name)\"; expected visual or audio")
            }
        }
        return kinds
    }

    private mutating func checkAnswers(of row: LLaVARow) {
        if let answer = row.answer, !row.choices.isEmpty,
            Set(row.choices).isDisjoint(with: row.accept + [answer])
        {
            problems.append("answer \"\(answer)\" is not among its choices; expected one of them")
        }
        if Set(row.choices).count != row.choices.count {
            problems.append("choices name an answer twice; expected each once")
        }
        if (row.choices + row.accept).contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            problems.append("choices or accept hold an empty text; expected answers")
        }
    }
}
