/// A value of a JSON text.
enum JSONValue: Equatable {
    /// One key of an object and what stands under it.
    struct Member: Equatable {
        let key: String
        let value: JSONValue
    }

    case null
    case bool(Bool)
    /// A number as it is written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// What kind of value it is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension [JSONValue.Member] {
    /// What stands under a key, the last time it occurs; nil when it does not or is null.
    subscript(_ key: String) -> JSONValue? {
        guard let value = last(where: { $0.key == key })?.value, value != .null else { return nil }
        return value
    }
}
