/// What a Jinja expression computes with.
enum JinjaValue: Equatable {
    case undefined
    case none
    case bool(Bool)
    case integer(Int)
    case string(String)
    case list([JinjaValue])
    case map([String: JinjaValue])
    /// `namespace(…)`, whose fields are kept under a number.
    case namespace(Int)
}

/// A Jinja expression.
indirect enum JinjaExpression {
    case literal(JinjaValue)
    case name(String)
    case list([JinjaExpression])
    case map([(key: JinjaExpression, value: JinjaExpression)])
    case item(JinjaExpression, JinjaExpression)
    case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?)
    case call(JinjaExpression, [JinjaExpression], named: [(String, JinjaExpression)])
    case filter(JinjaExpression, String, [JinjaExpression])
    case test(JinjaExpression, String)
    case not(JinjaExpression)
    case negated(JinjaExpression)
    case binary(String, JinjaExpression, JinjaExpression)
    case choice(JinjaExpression, when: JinjaExpression, otherwise: JinjaExpression?)
}

/// A Jinja statement.
indirect enum JinjaStatement {
    case text(String)
    case output(JinjaExpression)
    case set(name: String, field: String?, JinjaExpression)
    case branch([(condition: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
    case loop(
        names: [String], JinjaExpression, condition: JinjaExpression?, body: [JinjaStatement])
}

/// What no chat template needs more of; files that do are not read further.
enum JinjaLimits {
    /// Words of one block.
    static let wordCount = 500
    /// Statements inside of one another.
    static let depth = 50
    /// Statements run.
    static let stepCount = 100_000
    /// Characters of a text.
    static let textCount = 1_000_000
}

extension TokenizationError {
    /// A chat template that is larger than any.
    static let oversizedTemplate = template(.unsupported, "it is larger than any that is known")

    /// A chat template that is no Jinja, or asks for what is not run here.
    static func template(_ kind: Kind, _ detail: String) -> TokenizationError {
        TokenizationError(
            kind, "chat template", detail,
            hint: "name the model's format with model.chat_template")
    }
}
