/// Turns the pieces of a template into statements.
struct JinjaParser {
    private var pieces: ArraySlice<JinjaPiece>
    private var depth = 0

    static func statements(_ template: String) throws(TokenizationError) -> [JinjaStatement] {
        var parser = JinjaParser(pieces: try JinjaLexer.pieces(template)[...])
        let (body, end) = try parser.body(until: [])
        if let end { throw .template(.malformed, "'\(end.word)' closes nothing") }
        return body
    }

    private init(pieces: ArraySlice<JinjaPiece>) { self.pieces = pieces }

    /// Statements up to one that begins with one of some words.
    private mutating func body(
        until words: [String]
    ) throws(TokenizationError) -> ([JinjaStatement], (word: String, rest: JinjaTokens)?) {
        depth += 1
        defer { depth -= 1 }
        if depth > JinjaLimits.depth { throw .oversizedTemplate }
        var result: [JinjaStatement] = []
        while let piece = pieces.popFirst() {
            switch piece {
            case .text(let text): result.append(.text(text))
            case .output(let list):
                var tokens = JinjaTokens(list)
                result.append(.output(try tokens.wholeExpression()))
            case .statement(let list):
                var tokens = JinjaTokens(list)
                let word = try tokens.name()
                if words.contains(word) { return (result, (word, tokens)) }
                result += try statement(word, &tokens)
            }
        }
        if !words.isEmpty {
            throw .template(
                .malformed, "the end is missing; expected '\(words.joined(separator: "' or '"))'")
        }
        return (result, nil)
    }

    private mutating func statement(
        _ word: String, _ tokens: inout JinjaTokens
    ) throws(TokenizationError) -> [JinjaStatement] {
        switch word {
        case "if": return [try branch(&tokens)]
        case "for": return [try loop(&tokens)]
        case "set":
            let name = try tokens.name()
            let field = tokens.take(".") ? try tokens.name() : nil
            try tokens.expect("=")
            return [.set(name: name, field: field, try tokens.wholeExpression())]
        // transformers marks what the model writes; the text is the same.
        case "generation": return try body(until: ["endgeneration"]).0
        default: throw .template(.unsupported, "the statement '\(word)' is not known")
        }
    }

    private mutating func branch(
        _ tokens: inout JinjaTokens
    ) throws(TokenizationError) -> JinjaStatement {
        var branches: [(condition: JinjaExpression, body: [JinjaStatement])] = []
        var condition = try tokens.wholeExpression()
        while true {
            let (body, end) = try body(until: ["elif", "else", "endif"])
            branches.append((condition, body))
            guard var end, end.word != "endif" else { return .branch(branches, otherwise: []) }
            if end.word == "else" {
                return .branch(branches, otherwise: try self.body(until: ["endif"]).0)
            }
            condition = try end.rest.wholeExpression()
        }
    }

    private mutating func loop(
        _ tokens: inout JinjaTokens
    ) throws(TokenizationError) -> JinjaStatement {
        var names = [try tokens.name()]
        while tokens.take(",") { names.append(try tokens.name()) }
        guard tokens.take("in") else { throw .template(.malformed, "a loop lacks 'in'") }
        let list = try tokens.disjunction()
        let condition = tokens.take("if") ? try tokens.disjunction() : nil
        try tokens.expectEnd()
        return .loop(
            names: names, list, condition: condition, body: try body(until: ["endfor"]).0)
    }
}
