/// Reads the fields of a record and notes what cannot be read.
struct RecordFields {
    private(set) var members: [JSONValue.Member]
    private(set) var problems: [String] = []

    init(_ members: [JSONValue.Member]) { self.members = members }

    /// A text that has to be there and to say something.
    mutating func text(_ key: String) -> String {
        switch members[key] {
        case .string(let text)? where !text.allSatisfy(\.isWhitespace): return text
        case .string?: problems.append("\(key) is empty; expected text")
        case let other?: problems.append("\(key) is \(other.kind); expected text")
        case nil: problems.append("has no \(key); expected text")
        }
        return ""
    }

    /// A text, also one that is empty, so that empty answers are told as such.
    mutating func answer(_ key: String) -> String {
        if case .string(let text)? = members[key] { return text }
        return text(key)
    }

    /// A text or a whole number, as text.
    mutating func name(_ key: String) -> String {
        if let name = optionalName(key) { return name }
        problems.append("has no \(key); expected text or a whole number")
        return ""
    }

    /// The same where it may be missing.
    func optionalName(_ key: String) -> String? {
        switch members[key] {
        case .string(let text)? where !text.isEmpty: text
        case .number(let digits)? where Int64(digits) != nil: digits
        default: nil
        }
    }

    /// The objects of a list that has to be there.
    mutating func objects(_ key: String) -> [RecordFields] {
        guard case .array(let values)? = members[key], !values.isEmpty else {
            problems.append("has no \(key); expected a list of objects")
            return []
        }
        var fields: [RecordFields] = []
        for (index, value) in values.enumerated() {
            guard case .object(let members) = value else {
                problems.append("\(key) \(index + 1) is \(value.kind); expected an object")
                continue
            }
            fields.append(RecordFields(members))
        }
        return fields
    }

    /// The texts of a list that stands as JSON inside a text, as MUSIC-AVQA writes them.
    mutating func quotedTexts(_ key: String) -> [String] {
        guard case .string(let text)? = members[key] else {
            problems.append("has no \(key); expected a list of texts as JSON in a text")
            return []
        }
        let bytes = Array(text.utf8)
        var reader = JSONReader(bytes, in: 0..<bytes.count)
        do throws(JSONReader.Failure) {
            guard case .array(let values) = try reader.value() else {
                throw reader.failure("expected a list")
            }
            try reader.expectEnd()
            return try values.map { value throws(JSONReader.Failure) in
                guard case .string(let text) = value else {
                    throw reader.failure("it holds \(value.kind)")
                }
                return text
            }
        } catch {
            problems.append("\(key) is no list of texts as JSON: \(error.detail)")
            return []
        }
    }

    /// Notes what was found wrong elsewhere.
    mutating func note(_ problems: [String]) { self.problems += problems }

    /// Whether a field is there and not null.
    func has(_ key: String) -> Bool { members[key] != nil }

    /// Adds a field, or replaces one.
    mutating func set(_ key: String, _ text: String) {
        members.append(.init(key: key, value: .string(text)))
    }

    /// The keys of captions: `caption_1` and so on where there are such, else `caption`.
    var captionKeys: [String] {
        let numbered: [String] = members.map(\.key).filter { key in
            key.hasPrefix("caption_") && Int(key.dropFirst("caption_".count)) != nil
        }
        return numbered.isEmpty ? ["caption"] : numbered
    }

    /// A name with the fields in its braces filled in.
    mutating func filled(_ pattern: String) -> String {
        var result = ""
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else { break }
            let key = String(rest[rest.index(after: open)..<close])
            if let value = optionalName(key) {
                result += value
            } else {
                problems.append("has no \(key); expected it for the name of its medium, \(pattern)")
            }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
