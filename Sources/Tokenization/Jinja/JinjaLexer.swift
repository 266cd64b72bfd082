/// A piece of a Jinja template.
enum JinjaPiece {
    /// Plain text.
    case text(String)
    /// What stands between `{{` and `}}`.
    case output([JinjaToken])
    /// What stands between `{%` and `%}`.
    case statement([JinjaToken])
}

/// A word of a Jinja expression.
enum JinjaToken: Equatable {
    case name(String)
    case string(String)
    case integer(Int)
    case symbol(String)
}

/// Cuts a template into pieces.
///
/// As transformers sets Jinja up, the line break after a statement and the white space before it on its
/// line are no text.
/// Source: Jinja's documentation; `apply_chat_template` of transformers (trim_blocks, lstrip_blocks)
struct JinjaLexer {
    private var rest: Substring
    private var pieces: [JinjaPiece] = []
    private var text = ""

    static func pieces(_ template: String) throws(TokenizationError) -> [JinjaPiece] {
        // Characters of Swift join \r\n, which Python's text files hold as \n.
        var lexer = JinjaLexer(rest: template.replacing("\r\n", with: "\n")[...])
        try lexer.run()
        return lexer.pieces
    }

    private init(rest: Substring) { self.rest = rest }

    private mutating func run() throws(TokenizationError) {
        while !rest.isEmpty {
            switch rest.prefix(2) {
            case "{#": try comment()
            case "{{": try block("}}")
            case "{%": try block("%}")
            default: text.append(rest.removeFirst())
            }
        }
        endText()
    }

    private mutating func endText() {
        if !text.isEmpty { pieces.append(.text(text)) }
        text = ""
    }

    private mutating func comment() throws(TokenizationError) {
        guard let end = rest.firstRange(of: "#}") else { throw unclosed("#}") }
        open(isStatement: true, isTrimmed: rest.dropFirst(2).first == "-")
        let isTrimmed = rest[..<end.lowerBound].last == "-"
        rest = rest[end.upperBound...]
        close(isStatement: true, isTrimmed: isTrimmed)
    }

    private mutating func block(_ closing: String) throws(TokenizationError) {
        let isStatement = closing == "%}"
        rest = rest.dropFirst(2)
        let isTrimmed = rest.first == "-"
        if isTrimmed || rest.first == "+" { rest.removeFirst() }
        open(isStatement: isStatement, isTrimmed: isTrimmed)
        var tokens: [JinjaToken] = []
        while true {
            rest = rest.drop(while: \.isWhitespace)
            if rest.isEmpty { throw unclosed(closing) }
            if rest.hasPrefix("-" + closing) {
                rest = rest.dropFirst(3)
                close(isStatement: isStatement, isTrimmed: true)
                break
            }
            if rest.hasPrefix(closing) {
                rest = rest.dropFirst(2)
                close(isStatement: isStatement, isTrimmed: false)
                break
            }
            tokens.append(try token())
            if tokens.count > JinjaLimits.wordCount { throw .oversizedTemplate }
        }
        pieces.append(isStatement ? .statement(tokens) : .output(tokens))
    }

    /// Ends the text before a block.
    private mutating func open(isStatement: Bool, isTrimmed: Bool) {
        if isTrimmed {
            while text.last?.isWhitespace == true { text.removeLast() }
        } else if isStatement {
            let line = text.reversed().prefix { $0 == " " || $0 == "\t" }.count
            let before = text.dropLast(line)
            // White space at the template's beginning, or after a line break, is the whole line so far.
            if before.last == "\n" || (before.isEmpty && pieces.isEmpty) { text = String(before) }
        }
        endText()
    }

    private mutating func close(isStatement: Bool, isTrimmed: Bool) {
        if isTrimmed {
            rest = rest.drop(while: \.isWhitespace)
        } else if isStatement && rest.first == "\n" {
            rest.removeFirst()
        }
    }

    private mutating func token() throws(TokenizationError) -> JinjaToken {
        guard let first = rest.first else { throw unclosed("a block") }
        if first == "'" || first == "\"" { return .string(try quoted(first)) }
        if first.isLetter || first == "_" {
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest.dropFirst(name.count)
            return .name(String(name))
        }
        if first.isNumber {
            let digits = rest.prefix(while: \.isNumber)
            rest = rest.dropFirst(digits.count)
            guard let number = Int(digits), rest.first != "." else {
                throw .template(.unsupported, "the number \(digits)… is not known")
            }
            return .integer(number)
        }
        for symbol in ["==", "!=", "<=", ">=", "//", "**"] where rest.hasPrefix(symbol) {
            rest = rest.dropFirst(2)
            return .symbol(symbol)
        }
        rest.removeFirst()
        return .symbol(String(first))
    }

    private mutating func quoted(_ quote: Character) throws(TokenizationError) -> String {
        rest.removeFirst()
        var result = ""
        while let next = rest.popFirst(), next != quote {
            guard next == "\\", let escaped = rest.popFirst() else {
                result.append(next)
                continue
            }
            switch escaped {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "r": result.append("\r")
            default: result.append(escaped)
            }
        }
        return result
    }

    private func unclosed(_ closing: String) -> TokenizationError {
        .template(.malformed, "a statement is never closed; expected '\(closing)'")
    }
}
