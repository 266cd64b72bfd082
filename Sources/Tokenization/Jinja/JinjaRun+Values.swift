extension JinjaRun {
    /// What an expression comes to.
    mutating func value(_ expression: JinjaExpression) throws(TokenizationError) -> JinjaValue {
        switch expression {
        case .literal(let value): return value
        case .name(let name): return variable(name)
        case .list(let items): return .list(try values(items))
        case .map(let fields):
            var result: [String: JinjaValue] = [:]
            for (key, field) in fields {
                let name = try Self.text(try value(key))
                result[name] = try value(field)
            }
            return .map(result)
        case .item(let base, let key): return try item(of: try value(base), try value(key))
        case .slice(let base, let from, let end):
            return try slice(of: try value(base), try optional(from), try optional(end))
        case .call(let function, let list, let named):
            return try call(function, list, named)
        case .filter(let base, let name, let list):
            return try filtered(try value(base), name, try values(list))
        case .test(let base, let name): return .bool(try test(try value(base), name))
        case .not(let inner): return .bool(!Self.isTrue(try value(inner)))
        case .negated(let inner):
            guard case .integer(let number) = try value(inner) else { throw unlike("-") }
            return .integer(-number)
        case .binary(let symbol, let left, let right): return try binary(symbol, left, right)
        case .choice(let inner, let condition, let otherwise):
            let claim = try value(condition)
            if Self.isTrue(claim) { return try value(inner) }
            guard let otherwise else { return .undefined }
            return try value(otherwise)
        }
    }

    private mutating func optional(
        _ expression: JinjaExpression?
    ) throws(TokenizationError) -> JinjaValue? {
        guard let expression else { return nil }
        return try value(expression)
    }

    private mutating func values(
        _ list: [JinjaExpression]
    ) throws(TokenizationError) -> [JinjaValue] {
        var result: [JinjaValue] = []
        for expression in list { result.append(try value(expression)) }
        return result
    }

    /// Python's truth of a value.
    static func isTrue(_ value: JinjaValue) -> Bool {
        switch value {
        case .undefined, .none: false
        case .bool(let claim): claim
        case .integer(let number): number != 0
        case .string(let text): !text.isEmpty
        case .list(let items): !items.isEmpty
        case .map(let fields): !fields.isEmpty
        case .namespace: true
        }
    }

    /// A value as it is written out.
    static func text(_ value: JinjaValue) throws(TokenizationError) -> String {
        switch value {
        case .undefined: return ""
        case .none: return "None"
        case .bool(let claim): return claim ? "True" : "False"
        case .integer(let number): return String(number)
        case .string(let text): return text
        case .list, .map, .namespace:
            throw .template(.unsupported, "a list or dictionary is written out")
        }
    }

    private func item(
        of base: JinjaValue, _ key: JinjaValue
    ) throws(TokenizationError) -> JinjaValue {
        switch (base, key) {
        case (.map(let fields), .string(let name)): return fields[name] ?? .undefined
        case (.namespace(let number), .string(let name)):
            return field(name, ofNamespace: number)
        case (.list(let items), .integer(let index)):
            let place = index < 0 ? items.count + index : index
            return items.indices.contains(place) ? items[place] : .undefined
        case (.undefined, _):
            throw .template(.unsupported, "a part of something undefined is asked for")
        default: return .undefined
        }
    }

    private func slice(
        of base: JinjaValue, _ from: JinjaValue?, _ end: JinjaValue?
    ) throws(TokenizationError) -> JinjaValue {
        func range(_ count: Int) -> Range<Int> {
            func place(_ value: JinjaValue?, _ otherwise: Int) -> Int {
                guard case .integer(let index)? = value else { return otherwise }
                return min(count, max(0, index < 0 ? count + index : index))
            }
            let start = place(from, 0)
            return start..<max(start, place(end, count))
        }
        switch base {
        case .list(let items): return .list(Array(items[range(items.count)]))
        case .string(let text):
            let scalars = Array(text.unicodeScalars)
            var result = String.UnicodeScalarView()
            result.append(contentsOf: scalars[range(scalars.count)])
            return .string(String(result))
        default: throw unlike("a slice")
        }
    }

    private mutating func binary(
        _ symbol: String, _ left: JinjaExpression, _ right: JinjaExpression
    ) throws(TokenizationError) -> JinjaValue {
        let first = try value(left)
        if symbol == "and" { return Self.isTrue(first) ? try value(right) : first }
        if symbol == "or" { return Self.isTrue(first) ? first : try value(right) }
        let second = try value(right)
        switch (symbol, first, second) {
        case ("==", _, _): return .bool(first == second)
        case ("!=", _, _): return .bool(first != second)
        case ("~", _, _): return try joined(try Self.text(first), try Self.text(second))
        case ("+", .string(let a), .string(let b)): return try joined(a, b)
        case ("+", .list(let a), .list(let b)): return .list(a + b)
        case ("in", .string(let part), .string(let text)):
            return .bool(part.isEmpty || text.contains(part))
        case ("in", _, .list(let items)): return .bool(items.contains(first))
        case ("in", .string(let name), .map(let fields)): return .bool(fields[name] != nil)
        case (_, .integer(let a), .integer(let b)): return try arithmetic(symbol, a, b)
        default: throw unlike(symbol)
        }
    }

    private func joined(_ a: String, _ b: String) throws(TokenizationError) -> JinjaValue {
        guard a.utf8.count + b.utf8.count <= JinjaLimits.textCount else {
            throw .oversizedTemplate
        }
        return .string(a + b)
    }

    private func arithmetic(
        _ symbol: String, _ a: Int, _ b: Int
    ) throws(TokenizationError) -> JinjaValue {
        switch symbol {
        case "+": return .integer(a &+ b)
        case "-": return .integer(a &- b)
        case "*": return .integer(a &* b)
        case "%" where b > 0: return .integer((a % b + b) % b)
        case "<": return .bool(a < b)
        case "<=": return .bool(a <= b)
        case ">": return .bool(a > b)
        case ">=": return .bool(a >= b)
        default: throw unlike(symbol)
        }
    }

    private func test(_ value: JinjaValue, _ name: String) throws(TokenizationError) -> Bool {
        switch (name, value) {
        case ("defined", _): return value != .undefined
        case ("undefined", _): return value == .undefined
        case ("none", _): return value == .none
        case ("true", _): return value == .bool(true)
        case ("false", _): return value == .bool(false)
        case ("string", .string), ("mapping", .map), ("iterable", .list), ("iterable", .string),
            ("iterable", .map), ("sequence", .list), ("sequence", .string), ("number", .integer),
            ("boolean", .bool):
            return true
        case ("string", _), ("mapping", _), ("iterable", _), ("sequence", _), ("number", _),
            ("boolean", _):
            return false
        default: throw .template(.unsupported, "the test '\(name)' is not known")
        }
    }

    func unlike(_ name: String) -> TokenizationError {
        .template(.unsupported, "'\(name)' is asked of values that it is not known for")
    }
}
