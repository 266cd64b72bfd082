/// One row as it stands in the file, with what of it could not be read.
struct LLaVARow {
    /// A path or list of paths, and the key it stands under.
    struct MediaField {
        let key: String
        let paths: [String]
    }

    private(set) var id: String?
    private(set) var images: [MediaField] = []
    private(set) var videos: [MediaField] = []
    private(set) var audios: [MediaField] = []
    private(set) var turns: [LLaVATurn] = []
    private(set) var modality: String?
    private(set) var task: String?
    private(set) var answer: String?
    private(set) var choices: [String] = []
    private(set) var accept: [String] = []
    private(set) var requires: [String] = []
    private(set) var problems: [String] = []

    init(_ value: JSONValue) {
        guard case .object(let members) = value else {
            problems = ["is \(value.kind); expected an object with id and conversations"]
            return
        }
        readID(of: members)
        images = media(["image", "images"], of: members)
        videos = media(["video", "videos"], of: members)
        audios = media(["audio", "audios"], of: members)
        readTurns(of: members)
        modality = text("modality", of: members)
        task = text("task", of: members)
        answer = text("answer", of: members)
        choices = texts("choices", of: members)
        accept = texts("accept", of: members)
        requires = texts("requires", of: members)
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
        case nil:
            problems.append("has no id; expected text or a whole number")
        }
    }

    private mutating func readTurns(of members: [JSONValue.Member]) {
        let keys: [String] = ["conversations", "messages"].filter { members[$0] != nil }
        guard let key = keys.first, let value = members[key], keys.count == 1 else {
            problems.append(
                keys.isEmpty
                    ? "has no conversations; expected a question and its answer"
                    : "has both conversations and messages; expected one of them")
            return
        }
        guard case .array(let values) = value else {
            problems.append("\(key) is \(value.kind); expected a list of turns")
            return
        }
        if values.isEmpty { problems.append("has no turns; expected a question and its answer") }
        turns = values.map { LLaVATurn($0) }
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
struct LLaVATurn {
    private(set) var speaker = ""
    private(set) var text = ""
    /// Why it cannot be read, if so.
    private(set) var problem: String?

    init(_ value: JSONValue) {
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
        self.speaker = speaker
        self.text = text
    }
}
