import Foundation

/// One row as it stands in the file, with what of it could not be read.
struct LLaVARow: Decodable {
    /// A path or list of paths, and the key it stands under.
    struct MediaField {
        let key: String
        let paths: [String]
    }

    private enum Key: String, CodingKey {
        case id, image, images, video, videos, audio, audios, conversations, messages
        case modality, task, answer, choices, accept, requires
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

    init(from decoder: any Decoder) {
        let fields: KeyedDecodingContainer<Key>
        do {
            fields = try decoder.container(keyedBy: Key.self)
        } catch {
            problems = ["is not an object; expected id, media and conversations"]
            return
        }
        id = read(Identifier.self, .id, of: fields, expected: "text or a whole number")?.text
        if id == nil, problems.isEmpty { problems.append("has no id; expected text or a number") }
        images = media([.image, .images], of: fields)
        videos = media([.video, .videos], of: fields)
        audios = media([.audio, .audios], of: fields)
        readTurns(of: fields)
        modality = read(String.self, .modality, of: fields, expected: "text")
        task = read(String.self, .task, of: fields, expected: "text")
        answer = read(String.self, .answer, of: fields, expected: "text")
        choices = read([String].self, .choices, of: fields, expected: "a list of texts") ?? []
        accept = read([String].self, .accept, of: fields, expected: "a list of texts") ?? []
        requires = read([String].self, .requires, of: fields, expected: "a list of texts") ?? []
    }

    private mutating func readTurns(of fields: KeyedDecodingContainer<Key>) {
        let problemCount: Int = problems.count
        let expected = "a list of turns"
        let conversations = read([LLaVATurn].self, .conversations, of: fields, expected: expected)
        let messages = read([LLaVATurn].self, .messages, of: fields, expected: expected)
        switch (conversations, messages) {
        case (.some, .some):
            problems.append("has both conversations and messages; expected one of them")
        case (let found?, nil), (nil, let found?):
            turns = found
            if found.isEmpty { problems.append("has no turns; expected a question and its answer") }
        case (nil, nil):
            if problems.count == problemCount {
                problems.append("has no conversations; expected a question and its answer")
            }
        }
    }

    private mutating func media(
        _ keys: [Key], of fields: KeyedDecodingContainer<Key>
    ) -> [MediaField] {
        var found: [MediaField] = []
        for key in keys {
            let paths = read(Paths.self, key, of: fields, expected: "a path or a list of paths")
            guard let paths = paths?.list, !paths.isEmpty else { continue }
            if paths.contains(where: \.isEmpty) {
                problems.append("\(key.rawValue) is an empty path; expected a file")
            }
            found.append(MediaField(key: key.rawValue, paths: paths))
        }
        return found
    }

    private mutating func read<Value: Decodable>(
        _ type: Value.Type, _ key: Key, of fields: KeyedDecodingContainer<Key>, expected: String
    ) -> Value? {
        do {
            return try fields.decodeIfPresent(type, forKey: key)
        } catch {
            problems.append("\(key.rawValue) \(unreadable(error)); expected \(expected)")
            return nil
        }
    }
}

/// One turn as it stands in the file: who speaks, and what.
struct LLaVATurn: Decodable {
    private enum Key: String, CodingKey {
        case from, role, value, content
    }

    private(set) var speaker: String?
    private(set) var text: String?
    private(set) var problem: String?

    init(from decoder: any Decoder) {
        do {
            let fields = try decoder.container(keyedBy: Key.self)
            speaker =
                try fields.decodeIfPresent(String.self, forKey: .from)
                ?? fields.decodeIfPresent(String.self, forKey: .role)
            text =
                try fields.decodeIfPresent(String.self, forKey: .value)
                ?? fields.decodeIfPresent(String.self, forKey: .content)
        } catch {
            problem = "\(unreadable(error)); expected an object with from and value as texts"
            return
        }
        if speaker == nil { problem = "does not say who speaks; expected from or role" }
        if text == nil { problem = "has no text; expected value or content" }
    }
}

/// An id: text, or a whole number taken as its digits.
private struct Identifier: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        do {
            text = try value.decode(String.self)
        } catch DecodingError.typeMismatch {
            text = String(try value.decode(Int64.self))
        }
    }
}

/// A path, or a list of paths.
private struct Paths: Decodable {
    let list: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        do {
            list = [try value.decode(String.self)]
        } catch DecodingError.typeMismatch {
            list = try value.decode([String].self)
        }
    }
}

/// Why a value could not be decoded, in a few words.
private func unreadable(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "cannot be read (\(error))" }
    switch error {
    case .typeMismatch, .valueNotFound, .keyNotFound: return "has the wrong type"
    case .dataCorrupted(let context): return "cannot be read (\(context.debugDescription))"
    @unknown default: return "cannot be read"
    }
}
