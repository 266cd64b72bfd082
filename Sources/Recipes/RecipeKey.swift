/// The numbers a key accepts.
package struct NumberRange: Sendable, Equatable {
    let lower: Double
    let upper: Double
    let includesLower: Bool
    let includesUpper: Bool

    static func from(_ lower: Double, to upper: Double = .infinity) -> NumberRange {
        NumberRange(lower: lower, upper: upper, includesLower: true, includesUpper: true)
    }

    static func above(_ lower: Double, to upper: Double = .infinity) -> NumberRange {
        NumberRange(lower: lower, upper: upper, includesLower: false, includesUpper: true)
    }

    static func from(_ lower: Double, below upper: Double) -> NumberRange {
        NumberRange(lower: lower, upper: upper, includesLower: true, includesUpper: false)
    }

    func contains(_ value: Double) -> Bool {
        value.isFinite && (includesLower ? value >= lower : value > lower)
            && (includesUpper ? value <= upper : value < upper)
    }

    package var description: String {
        let from = includesLower ? "at least" : "above"
        let low = "\(from) \(RecipeValue.number(lower).yaml)"
        if upper == .infinity { return low }
        let to = includesUpper ? "at most" : "below"
        return "\(low), \(to) \(RecipeValue.number(upper).yaml)"
    }
}

/// One key of the recipe: all that is known about it, in one place.
package struct RecipeKey: Sendable {
    /// What a text has to be.
    package enum TextRule: String, Sendable {
        case text
        case path = "path"
        case asset = "asset name or path"
        case folderName = "name without slashes or spaces"
        case mark = "text without spaces"
        case pattern = "regular expression"
    }

    /// The type and range of a value.
    package indirect enum Kind: Sendable {
        case text(TextRule)
        case flag
        case integer(ClosedRange<Int>)
        case number(NumberRange)
        case choice([String])
        /// Two numbers, the lesser first.
        case interval(NumberRange)
        /// Two numbers, each in its range.
        case pair(Kind)
        case list(Kind, least: Int, isUnique: Bool)
        case section([RecipeKey])
    }

    /// What holds when the key is left out.
    package enum Absence: Sendable {
        case isAnError
        /// The value is null, which may also be written.
        case isNull
        case means(RecipeValue)
        /// The value follows from others, as told.
        case follows(String)
        /// The section is there with its keys' own defaults.
        case takesDefaults
    }

    package let name: String
    package let kind: Kind
    package let absence: Absence
    package let summary: String

    init(_ name: String, _ kind: Kind, _ absence: Absence, _ summary: String) {
        self.name = name
        self.kind = kind
        self.absence = absence
        self.summary = summary
    }

    /// A key that has to be there.
    static func required(_ name: String, _ kind: Kind, _ summary: String) -> RecipeKey {
        RecipeKey(name, kind, .isAnError, summary)
    }

    /// A key that may be null or left out.
    static func optional(_ name: String, _ kind: Kind, _ summary: String) -> RecipeKey {
        RecipeKey(name, kind, .isNull, summary)
    }

    /// A key with a default.
    static func key(
        _ name: String, _ kind: Kind, _ value: RecipeValue, _ summary: String
    ) -> RecipeKey {
        RecipeKey(name, kind, .means(value), summary)
    }
}

extension RecipeKey.Kind {
    static let count = RecipeKey.Kind.integer(0...1_000_000_000)
    static let positiveCount = RecipeKey.Kind.integer(1...1_000_000_000)

    /// What is expected, as a person reads it.
    package var expectation: String {
        switch self {
        case .text(let rule): rule.rawValue
        case .flag: "true or false"
        case .integer(let range):
            range.upperBound == .max
                ? "integer, at least \(range.lowerBound)"
                : "integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "number \(range.description)"
        case .choice(let names): names.joined(separator: " or ")
        case .interval(let range): "[least, greatest], numbers \(range.description)"
        case .pair(let kind): "[first, second], each \(kind.expectation)"
        case .list(.section, let least, _): "list of sections\(Self.atLeast(least))"
        case .list(let element, let least, _):
            "list\(Self.atLeast(least)), each \(element.expectation)"
        case .section: "section"
        }
    }

    private static func atLeast(_ count: Int) -> String {
        count == 0 ? "" : " of at least \(count)"
    }
}
