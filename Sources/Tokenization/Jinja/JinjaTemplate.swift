/// A chat template in Jinja, and what it makes of conversations.
///
/// The part of the language that chat templates use is run; what else one asks for, when it comes to it,
/// is an error.
/// Source: Jinja's documentation
struct JinjaTemplate {
    private let statements: [JinjaStatement]

    /// Reads a template.
    ///
    /// Throws: when the text is no Jinja, or has statements that are not known
    init(_ text: String) throws(TokenizationError) {
        statements = try JinjaParser.statements(text)
    }

    /// The text for some variables.
    ///
    /// Throws: when the template raises an error or asks for what is not known
    func text(_ variables: [String: JinjaValue]) throws(TokenizationError) -> String {
        var run = JinjaRun(variables)
        try run.execute(statements)
        return run.output
    }
}

/// One run of a template.
struct JinjaRun {
    private(set) var output = ""
    private var scopes: [[String: JinjaValue]]
    private var namespaces: [[String: JinjaValue]] = []
    private var stepCount = 0

    init(_ variables: [String: JinjaValue]) { scopes = [variables] }

    mutating func execute(_ statements: [JinjaStatement]) throws(TokenizationError) {
        for statement in statements {
            stepCount += 1
            guard stepCount <= JinjaLimits.stepCount,
                output.utf8.count <= JinjaLimits.textCount
            else { throw .oversizedTemplate }
            switch statement {
            case .text(let text): output += text
            case .output(let expression): output += try Self.text(try value(expression))
            case .set(let name, let field, let expression):
                try set(name, field, try value(expression))
            case .branch(let branches, let otherwise):
                try execute(try chosen(branches) ?? otherwise)
            case .loop(let names, let list, let condition, let body):
                try loop(names, try value(list), condition, body)
            }
        }
    }

    /// The body of the first branch whose condition holds.
    private mutating func chosen(
        _ branches: [(condition: JinjaExpression, body: [JinjaStatement])]
    ) throws(TokenizationError) -> [JinjaStatement]? {
        for branch in branches {
            let claim = try value(branch.condition)
            if Self.isTrue(claim) { return branch.body }
        }
        return nil
    }

    private mutating func set(
        _ name: String, _ field: String?, _ value: JinjaValue
    ) throws(TokenizationError) {
        guard let field else {
            scopes[scopes.count - 1][name] = value
            return
        }
        guard case .namespace(let number) = variable(name) else {
            throw .template(.unsupported, "'\(name)' is set like a namespace and is none")
        }
        namespaces[number][field] = value
    }

    private mutating func loop(
        _ names: [String], _ list: JinjaValue, _ condition: JinjaExpression?,
        _ body: [JinjaStatement]
    ) throws(TokenizationError) {
        guard case .list(var items) = list else {
            throw .template(.unsupported, "a loop goes over something that is no list")
        }
        func fields(_ item: JinjaValue) throws(TokenizationError) -> [String: JinjaValue] {
            if names.count == 1 { return [names[0]: item] }
            guard case .list(let parts) = item, parts.count == names.count else {
                throw .template(.unsupported, "a loop takes apart what has other parts")
            }
            return Dictionary(zip(names, parts), uniquingKeysWith: { first, _ in first })
        }
        if let condition {
            var kept: [JinjaValue] = []
            for item in items {
                scopes.append(try fields(item))
                defer { scopes.removeLast() }
                let claim = try value(condition)
                if Self.isTrue(claim) { kept.append(item) }
            }
            items = kept
        }
        for (index, item) in items.enumerated() {
            var scope = try fields(item)
            scope["loop"] = .map([
                "index": .integer(index + 1), "index0": .integer(index),
                "first": .bool(index == 0), "last": .bool(index == items.count - 1),
                "length": .integer(items.count),
                "previtem": index > 0 ? items[index - 1] : .undefined,
                "nextitem": index + 1 < items.count ? items[index + 1] : .undefined,
            ])
            scopes.append(scope)
            defer { scopes.removeLast() }
            try execute(body)
        }
    }

    /// A variable of the innermost scope that has it.
    func variable(_ name: String) -> JinjaValue {
        scopes.reversed().lazy.compactMap { $0[name] }.first ?? .undefined
    }

    /// A field of a namespace.
    func field(_ name: String, ofNamespace number: Int) -> JinjaValue {
        namespaces[number][name] ?? .undefined
    }

    /// Makes a namespace.
    mutating func namespace(_ fields: [String: JinjaValue]) -> JinjaValue {
        namespaces.append(fields)
        return .namespace(namespaces.count - 1)
    }
}
