/// The words of one block, read as an expression by recursive descent.
struct JinjaTokens {
    private var tokens: ArraySlice<JinjaToken>

    init(_ tokens: [JinjaToken]) { self.tokens = tokens[...] }

    /// Takes a symbol or word when it comes next.
    mutating func take(_ word: String) -> Bool {
        guard tokens.first == .symbol(word) || tokens.first == .name(word) else { return false }
        tokens.removeFirst()
        return true
    }

    mutating func expect(_ word: String) throws(TokenizationError) {
        if !take(word) { throw .template(.malformed, "'\(word)' is missing") }
    }

    func expectEnd() throws(TokenizationError) {
        if !tokens.isEmpty { throw .template(.unsupported, "an expression goes on unexpectedly") }
    }

    mutating func name() throws(TokenizationError) -> String {
        guard case .name(let name)? = tokens.popFirst() else {
            throw .template(.malformed, "a name is missing")
        }
        return name
    }

    mutating func wholeExpression() throws(TokenizationError) -> JinjaExpression {
        let result = try expression()
        try expectEnd()
        return result
    }

    private mutating func expression() throws(TokenizationError) -> JinjaExpression {
        let value = try disjunction()
        guard take("if") else { return value }
        let condition = try disjunction()
        return .choice(value, when: condition, otherwise: take("else") ? try expression() : nil)
    }

    mutating func disjunction() throws(TokenizationError) -> JinjaExpression {
        var left = try conjunction()
        while take("or") { left = .binary("or", left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(TokenizationError) -> JinjaExpression {
        var left = try negation()
        while take("and") { left = .binary("and", left, try negation()) }
        return left
    }

    private mutating func negation() throws(TokenizationError) -> JinjaExpression {
        take("not") ? .not(try negation()) : try comparison()
    }

    private mutating func comparison() throws(TokenizationError) -> JinjaExpression {
        var left = try sum()
        while true {
            if take("is") {
                let isNegated = take("not")
                let test = JinjaExpression.test(left, try name())
                left = isNegated ? .not(test) : test
            } else if take("in") {
                left = .binary("in", left, try sum())
            } else if tokens.starts(with: [.name("not"), .name("in")]) {
                tokens.removeFirst(2)
                left = .not(.binary("in", left, try sum()))
            } else if let symbol = ["==", "!=", "<=", ">=", "<", ">"].first(where: { take($0) }) {
                left = .binary(symbol, left, try sum())
            } else {
                return left
            }
        }
    }

    private mutating func sum() throws(TokenizationError) -> JinjaExpression {
        var left = try product()
        while let symbol = ["+", "-", "~"].first(where: { take($0) }) {
            left = .binary(symbol, left, try product())
        }
        return left
    }

    private mutating func product() throws(TokenizationError) -> JinjaExpression {
        var left = try filtered()
        while let symbol = ["*", "//", "%"].first(where: { take($0) }) {
            left = .binary(symbol, left, try filtered())
        }
        return left
    }

    private mutating func filtered() throws(TokenizationError) -> JinjaExpression {
        var value = take("-") ? .negated(try postfixed()) : try postfixed()
        while take("|") {
            let filter = try name()
            value = .filter(value, filter, take("(") ? try arguments().0 : [])
        }
        return value
    }

    private mutating func postfixed() throws(TokenizationError) -> JinjaExpression {
        var value = try primary()
        while true {
            if take(".") {
                value = .item(value, .literal(.string(try name())))
            } else if take("[") {
                value = try subscripted(value)
            } else if take("(") {
                let (list, named) = try arguments()
                value = .call(value, list, named: named)
            } else {
                return value
            }
        }
    }

    private mutating func subscripted(
        _ value: JinjaExpression
    ) throws(TokenizationError) -> JinjaExpression {
        let from = tokens.first == .symbol(":") ? nil : try expression()
        guard take(":") else {
            try expect("]")
            return .item(value, from ?? .literal(.none))
        }
        let end = tokens.first == .symbol("]") ? nil : try expression()
        try expect("]")
        return .slice(value, from: from, to: end)
    }

    private mutating func arguments() throws(TokenizationError) -> (
        [JinjaExpression], [(String, JinjaExpression)]
    ) {
        var list: [JinjaExpression] = []
        var named: [(String, JinjaExpression)] = []
        while !take(")") {
            if case .name(let name)? = tokens.first, tokens.dropFirst().first == .symbol("=") {
                tokens.removeFirst(2)
                named.append((name, try expression()))
            } else {
                list.append(try expression())
            }
            if !take(",") {
                try expect(")")
                break
            }
        }
        return (list, named)
    }

    private mutating func primary() throws(TokenizationError) -> JinjaExpression {
        switch tokens.popFirst() {
        case .string(var text):
            // Neighbouring strings are one, as in Python.
            while case .string(let more)? = tokens.first {
                text += more
                tokens.removeFirst()
            }
            return .literal(.string(text))
        case .integer(let number): return .literal(.integer(number))
        case .name(let name):
            switch name.lowercased() {
            case "true": return .literal(.bool(true))
            case "false": return .literal(.bool(false))
            case "none": return .literal(.none)
            default: return .name(name)
            }
        case .symbol("("):
            let inner = try expression()
            try expect(")")
            return inner
        case .symbol("["):
            var list: [JinjaExpression] = []
            while !take("]") {
                list.append(try expression())
                if !take(",") {
                    try expect("]")
                    break
                }
            }
            return .list(list)
        case .symbol("{"): return .map(try fields())
        default: throw .template(.malformed, "a value is missing")
        }
    }

    private mutating func fields() throws(TokenizationError) -> [(
        key: JinjaExpression, value: JinjaExpression
    )] {
        var result: [(key: JinjaExpression, value: JinjaExpression)] = []
        while !take("}") {
            let key = try expression()
            try expect(":")
            result.append((key, try expression()))
            if !take(",") {
                try expect("}")
                break
            }
        }
        return result
    }
}
