extension JinjaRun {
    /// Calls a function, or a method of a text.
    mutating func call(
        _ function: JinjaExpression, _ list: [JinjaExpression],
        _ named: [(String, JinjaExpression)]
    ) throws(TokenizationError) -> JinjaValue {
        var arguments: [JinjaValue] = []
        for expression in list { arguments.append(try value(expression)) }
        switch function {
        case .name("raise_exception"):
            let reason = try Self.text(arguments.first ?? .undefined)
            throw .template(.unsupported, "it refuses the conversation: \(reason)")
        case .name("namespace"):
            var fields: [String: JinjaValue] = [:]
            for (name, expression) in named { fields[name] = try value(expression) }
            return namespace(fields)
        case .item(let base, .literal(.string(let method))):
            return try self.method(try value(base), method, arguments)
        default: throw .template(.unsupported, "a function that it calls is not known")
        }
    }

    private func method(
        _ base: JinjaValue, _ name: String, _ arguments: [JinjaValue]
    ) throws(TokenizationError) -> JinjaValue {
        if case .map(let fields) = base, name == "get", case .string(let key)? = arguments.first {
            return fields[key] ?? arguments.dropFirst().first ?? .none
        }
        guard case .string(let text) = base else { throw unlike(name) }
        switch (name, arguments.first) {
        case ("strip", nil): return .string(ChatTemplate.trimmed(text))
        case ("rstrip", nil): return .string(ChatTemplate.trimmed(text, atStart: false))
        case ("lstrip", nil): return .string(ChatTemplate.trimmed(text, atEnd: false))
        case ("startswith", .string(let part)): return .bool(text.hasPrefix(part))
        case ("endswith", .string(let part)): return .bool(text.hasSuffix(part))
        case ("split", .string(let separator)) where !separator.isEmpty:
            return .list(
                text.split(separator: separator, omittingEmptySubsequences: false).map {
                    .string(String($0))
                })
        default: return try cased(text, name)
        }
    }

    private func cased(_ text: String, _ name: String) throws(TokenizationError) -> JinjaValue {
        switch name {
        case "upper": return .string(text.uppercased())
        case "lower": return .string(text.lowercased())
        case "capitalize", "title":
            return .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
        default: throw .template(.unsupported, "'\(name)' is not known")
        }
    }

    /// What a filter makes of a value.
    func filtered(
        _ value: JinjaValue, _ name: String, _ arguments: [JinjaValue]
    ) throws(TokenizationError) -> JinjaValue {
        switch (name, value) {
        case ("trim", .string(let text)): return .string(ChatTemplate.trimmed(text))
        case ("length", .list(let items)), ("count", .list(let items)):
            return .integer(items.count)
        case ("length", .string(let text)): return .integer(text.unicodeScalars.count)
        case ("first", .list(let items)): return items.first ?? .undefined
        case ("last", .list(let items)): return items.last ?? .undefined
        case ("default", .undefined): return arguments.first ?? .string("")
        case ("default", _), ("list", .list), ("string", .string), ("safe", .string): return value
        case (_, .string(let text)) where arguments.isEmpty: return try cased(text, name)
        default: throw .template(.unsupported, "the filter '\(name)' is not known")
        }
    }
}
