/// A YAML value with the place it came from, before anything is known about its meaning.
struct DocumentNode {
    enum Content {
        case scalar(String, isPlain: Bool)
        case list([DocumentNode])
        case mapping([Entry])
        /// Reported already.
        case refused
    }

    struct Entry {
        let key: String
        let position: String
        var value: DocumentNode
    }

    var content: Content
    var position: String

    /// Whether nothing was written, or null.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null"].contains(text)
    }

    /// What the node is, as a person would say.
    var kindName: String {
        switch content {
        case .scalar(let text, _): isNull ? "null" : "'\(text)'"
        case .list: "a list"
        case .mapping: "a section"
        case .refused: "unreadable"
        }
    }

    /// The value of a key; nil where there is none.
    subscript(key: String) -> DocumentNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// Takes over the keys of another section that this one lacks; of sections in it, only those that are
    /// here, too.
    mutating func complete(from other: DocumentNode) {
        guard case .mapping(var entries) = content, case .mapping(let others) = other.content else {
            return
        }
        for other in others {
            if let place = entries.firstIndex(where: { $0.key == other.key }) {
                entries[place].value.complete(from: other.value)
            } else if case .mapping = other.value.content {
                continue
            } else {
                entries.append(other)
            }
        }
        content = .mapping(entries)
    }

    /// Puts a value under a path of keys, making the sections on the way where there are none.
    mutating func set(_ path: ArraySlice<String>, to value: DocumentNode) {
        guard let key = path.first else {
            self = value
            return
        }
        var entries: [Entry] = []
        if case .mapping(let existing) = content {
            entries = existing
        } else {
            position = value.position
        }
        let place = entries.firstIndex { $0.key == key }
        var child =
            place.map { entries[$0].value }
            ?? DocumentNode(content: .mapping([]), position: value.position)
        child.set(path.dropFirst(), to: value)
        let entry = Entry(key: key, position: value.position, value: child)
        if let place {
            entries[place] = path.count == 1 ? entry : .init(entries[place], value: child)
        } else {
            entries.append(entry)
        }
        content = .mapping(entries)
    }
}

extension DocumentNode.Entry {
    fileprivate init(_ entry: DocumentNode.Entry, value: DocumentNode) {
        self.init(key: entry.key, position: entry.position, value: value)
    }
}
