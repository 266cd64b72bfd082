/// Recognises ChatML in the Jinja text of a model file, without running Jinja.
///
/// The text is reduced to a list of statements with white space outside quotes removed and
/// neighbouring literals joined; that list is ChatML's or it is not.
enum ChatMLShape {
    /// The default system prompt of a ChatML template, nil when it has none.
    static func defaultSystemPrompt(jinja: String) throws(TokenizationError) -> String? {
        let statements = try JinjaStatement.list(jinja)
        let isDefinedFirst = [
            JinjaStatement.control("ifnotadd_generation_promptisdefined"),
            .control("setadd_generation_prompt=false"), .control("endif"),
        ]
        var rest = statements[...]
        if rest.starts(with: isDefinedFirst) { rest.removeFirst(isDefinedFirst.count) }
        if Array(rest) == loop() { return nil }
        if rest.count > 2, case .output(let parts) = rest[rest.startIndex + 2],
            parts.count == 1, case .literal(let text) = parts[0],
            let prompt = systemPrompt(in: text), Array(rest) == loop(defaultTurn: text)
        {
            return prompt
        }
        throw TokenizationError(
            .unsupported, "chat template",
            "its shape is not known; expected ChatML (\(ChatTemplate.startOfTurn)role, content, "
                + "\(ChatTemplate.endOfTurn)) with or without a default system prompt",
            hint: "choose a model with such a template")
    }

    private static func systemPrompt(in turn: String) -> String? {
        let head = ChatTemplate.startOfTurn + "system\n"
        let tail = ChatTemplate.endOfTurn + "\n"
        guard turn.hasPrefix(head), turn.hasSuffix(tail), turn.count >= head.count + tail.count
        else { return nil }
        return String(turn.dropFirst(head.count).dropLast(tail.count))
    }

    private static func loop(defaultTurn: String? = nil) -> [JinjaStatement] {
        var result: [JinjaStatement] = [.control("formessageinmessages")]
        if let defaultTurn {
            result += [
                .control("ifloop.firstandmessages[0]['role']!='system'"),
                .output([.literal(defaultTurn)]), .control("endif"),
            ]
        }
        result += [
            .output([
                .literal(ChatTemplate.startOfTurn), .expression("message['role']"), .literal("\n"),
                .expression("message['content']"), .literal(ChatTemplate.endOfTurn + "\n"),
            ]),
            .control("endfor"), .control("ifadd_generation_prompt"),
            .output([.literal(ChatTemplate.startOfTurn + "assistant\n")]), .control("endif"),
        ]
        return result
    }
}

/// A Jinja statement in reduced form.
enum JinjaStatement: Equatable {
    /// A part of what `{{ a + b }}` or plain text puts out.
    enum Part: Equatable {
        case literal(String)
        case expression(String)
    }

    /// `{% … %}` without white space.
    case control(String)
    /// `{{ … }}` or plain text.
    case output([Part])

    /// The statements of a template.
    static func list(_ jinja: String) throws(TokenizationError) -> [JinjaStatement] {
        var result: [JinjaStatement] = []
        var rest = Substring(jinja)
        while !rest.isEmpty {
            if rest.hasPrefix("{%") {
                let body = try takeBody(&rest, closing: "%}")
                result.append(.control(compact(body).map(\.source).joined()))
            } else if rest.hasPrefix("{{") {
                let body = try takeBody(&rest, closing: "}}")
                result.append(.output(parts(compact(body))))
            } else {
                let plain = rest.removeFirst()
                if !plain.isWhitespace { result.append(.output([.literal(String(plain))])) }
            }
        }
        return result
    }

    /// A quoted string or the characters between two of them, without white space.
    private struct Piece {
        let source: String
        let literal: String?
    }

    private static func takeBody(
        _ rest: inout Substring, closing: String
    ) throws(TokenizationError) -> Substring {
        rest = rest.dropFirst(2)
        var quote: Character?
        var index = rest.startIndex
        while index < rest.endIndex {
            let character = rest[index]
            if let open = quote {
                if character == "\\" {
                    index = rest.index(after: index)
                    if index == rest.endIndex { break }
                } else if character == open {
                    quote = nil
                }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if rest[index...].hasPrefix(closing) {
                var body = rest[..<index]
                rest = rest[index...].dropFirst(2)
                if body.first == "-" { body.removeFirst() }
                if body.last == "-" { body.removeLast() }
                return body
            }
            index = rest.index(after: index)
        }
        throw TokenizationError(
            .malformed, "chat template", "a statement is never closed; expected '\(closing)'")
    }

    private static func compact(_ body: Substring) -> [Piece] {
        var pieces: [Piece] = []
        var source = ""
        var rest = body
        while let character = rest.popFirst() {
            guard character == "'" || character == "\"" else {
                if !character.isWhitespace { source.append(character) }
                continue
            }
            if !source.isEmpty { pieces.append(Piece(source: source, literal: nil)) }
            source = ""
            var literal = ""
            while let next = rest.popFirst(), next != character {
                guard next == "\\", let escaped = rest.popFirst() else {
                    literal.append(next)
                    continue
                }
                literal.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
            }
            pieces.append(Piece(source: "'\(literal)'", literal: literal))
        }
        if !source.isEmpty { pieces.append(Piece(source: source, literal: nil)) }
        return pieces
    }

    /// Splits a sum at its plus signs and joins neighbouring literals.
    private static func parts(_ pieces: [Piece]) -> [Part] {
        var terms: [[Piece]] = [[]]
        for piece in pieces {
            if piece.literal != nil {
                terms[terms.count - 1].append(piece)
                continue
            }
            let sources = piece.source.split(separator: "+", omittingEmptySubsequences: false)
            for (number, source) in sources.enumerated() {
                if number > 0 { terms.append([]) }
                if source.isEmpty { continue }
                terms[terms.count - 1].append(Piece(source: String(source), literal: nil))
            }
        }
        var result: [Part] = []
        for term in terms {
            guard term.count == 1, let literal = term[0].literal else {
                result.append(.expression(term.map(\.source).joined()))
                continue
            }
            if case .literal(let before) = result.last {
                result[result.count - 1] = .literal(before + literal)
            } else {
                result.append(.literal(literal))
            }
        }
        return result
    }
}
