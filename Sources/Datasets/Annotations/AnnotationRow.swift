/// One row as it stands in the file, with what of it could not be read; rows of other formats are
/// brought into this form.
struct AnnotationRow {
    /// A path or list of paths, and the key it stands under.
    struct MediaField {
        let key: String
        let paths: [String]
    }

    var id: String?
    var images: [MediaField] = []
    var videos: [MediaField] = []
    var audios: [MediaField] = []
    var system: String?
    var turns: [AnnotationTurn] = []
    private(set) var modality: String?
    var task: String?
    var split: String?
    var answer: String?
    private(set) var choices: [String] = []
    private(set) var accept: [String] = []
    private(set) var requires: [String] = []
    var problems: [String] = []

    /// A row to be filled in.
    init(id: String?) { self.id = id }

    /// A row of conversations or messages.
    init(_ value: JSONValue) {
        guard case .object(let members) = value else {
            problems = ["is \(value.kind); expected an object with conversations or messages"]
            return
        }
        readID(of: members)
        images = media(["image", "images"], of: members)
        videos = media(["video", "videos"], of: members)
        audios = media(["audio", "audios"], of: members)
        system = text("system", of: members).flatMap { $0.isEmpty ? nil : $0 }
        readTurns(of: members)
        modality = text("modality", of: members)
        task = text("task", of: members)
        split = text("split", of: members)
        answer = text("answer", of: members)
        choices = texts("choices", of: members)
        accept = texts("accept", of: members)
        requires = texts("requires", of: members)
        if case .array(let tools)? = members["tools"], tools.isEmpty { return }
        if members["tools"] != nil {
            problems.append("has tools; expected a conversation without calls of tools")
        }
    }

    private mutating func readID(of members: [JSONValue.Member]) {
        switch members["id"] {
        case .string(let text)? where !text.isEmpty:
            id = text
        case .number(let digits)? where Int64(digits) != nil:
            id = digits
        case .string?:
            problems.append("id is empty; expected text or a whole number")
        case let other?:
            problems.append("id is \(other.kind); expected text or a whole number")
        case nil: break  // named by its place
        }
    }

    private mutating func readTurns(of members: [JSONValue.Member]) {
        let keys: [String] = ["conversations", "messages", "conversation"]
            .filter { members[$0] != nil }
        guard let key = keys.first, let value = members[key], keys.count == 1 else {
            problems.append(
                keys.isEmpty
                    ? "has no conversations; expected a question and its answer"
                    : "has both \(keys.joined(separator: " and ")); expected one of them")
            return
        }
        guard case .array(let values) = value else {
            problems.append("\(key) is \(value.kind); expected a list of turns")
            return
        }
        if values.isEmpty { problems.append("has no turns; expected a question and its answer") }
        turns = values.flatMap { AnnotationTurn.turns($0) }
    }

    private mutating func media(
        _ keys: [String], of members: [JSONValue.Member]
    ) -> [MediaField] {
        var found: [MediaField] = []
        for key in keys {
            var paths: [String] = []
            if case .string(let path)? = members[key] {
                paths = [path]
            } else {
                paths = texts(key, of: members, expected: "a path or a list of one")
            }
            guard !paths.isEmpty else { continue }
            if paths.contains(where: \.isEmpty) {
                problems.append("\(key) is an empty path; expected a file")
            }
            found.append(MediaField(key: key, paths: paths))
        }
        return found
    }

    private mutating func text(_ key: String, of members: [JSONValue.Member]) -> String? {
        guard let value = members[key] else { return nil }
        if case .string(let text) = value { return text }
        problems.append("\(key) is \(value.kind); expected text")
        return nil
    }

    private mutating func texts(
        _ key: String, of members: [JSONValue.Member], expected: String = "a list of texts"
    ) -> [String] {
        guard let value = members[key] else { return [] }
        guard case .array(let values) = value else {
            problems.append("\(key) is \(value.kind); expected \(expected)")
            return []
        }
        var texts: [String] = []
        for value in values {
            if case .string(let text) = value {
                texts.append(text)
            } else {
                problems.append("\(key) holds \(value.kind); expected \(expected)")
                return []
            }
        }
        return texts
    }
}

/// One turn as it stands in the file: who speaks, and what.
struct AnnotationTurn {
    private(set) var speaker = ""
    private(set) var text = ""
    /// Why it cannot be read, if so.
    private(set) var problem: String?

    init(speaker: String, text: String) {
        self.speaker = speaker
        self.text = text
    }

    /// A question and its answer.
    static func pair(_ question: String, _ answer: String) -> [AnnotationTurn] {
        [
            AnnotationTurn(speaker: "user", text: question),
            AnnotationTurn(speaker: "assistant", text: answer),
        ]
    }

    /// The turns of one element of a conversation; an object with `human` and `assistant` is two.
    static func turns(_ value: JSONValue) -> [AnnotationTurn] {
        if case .object(let members) = value, case .string(let question)? = members["human"],
            case .string(let answer)? = members["assistant"]
        {
            return pair(question, answer)
        }
        return [AnnotationTurn(value)]
    }

    private init(_ value: JSONValue) {
        guard case .object(let members) = value else {
            problem = "is \(value.kind); expected an object with from and value"
            return
        }
        guard case .string(let speaker)? = members["from"] ?? members["role"] else {
            problem = "does not say who speaks; expected from or role as text"
            return
        }
        guard case .string(let text)? = members["value"] ?? members["content"] else {
            problem = "has no text; expected value or content as text"
            return
        }
        // What the row says is not to be learnt, or not as much, must not be learnt all the same.
        for key in ["loss", "loss_scale"] {
            guard let weight = members[key], weight != .bool(true), weight != .number("1"),
                weight != .number("1.0"), speaker == "gpt" || speaker == "assistant"
            else { continue }
            problem = "has a \(key) of its own; expected answers that are all learnt alike"
        }
        self.speaker = speaker
        self.text = text
    }
}
