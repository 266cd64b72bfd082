/// Typed access to the values of a section that passed every check.
struct RecipeFields {
    let values: [String: RecipeValue]

    private func mismatch(_ name: String) -> RecipeError {
        RecipeError(
            position: "recipe", subject: name,
            "not of the type its key declares; expected RecipeKey and Recipe to agree")
    }

    func text(_ name: String) throws(RecipeError) -> String {
        guard case .text(let value)? = values[name] else { throw mismatch(name) }
        return value
    }

    func flag(_ name: String) throws(RecipeError) -> Bool {
        guard case .flag(let value)? = values[name] else { throw mismatch(name) }
        return value
    }

    func integer(_ name: String) throws(RecipeError) -> Int {
        guard case .integer(let value)? = values[name] else { throw mismatch(name) }
        return value
    }

    func number(_ name: String) throws(RecipeError) -> Double {
        switch values[name] {
        case .number(let value)?: return value
        case .integer(let value)?: return Double(value)
        default: throw mismatch(name)
        }
    }

    func section(_ name: String) throws(RecipeError) -> RecipeFields {
        guard case .section(let value)? = values[name] else { throw mismatch(name) }
        return RecipeFields(values: value)
    }

    func texts(_ name: String) throws(RecipeError) -> [String] {
        try elements(name) { (field) throws(RecipeError) in try field.text(name) }
    }

    func integers(_ name: String) throws(RecipeError) -> [Int] {
        try elements(name) { (field) throws(RecipeError) in try field.integer(name) }
    }

    func numbers(_ name: String) throws(RecipeError) -> [Double] {
        try elements(name) { (field) throws(RecipeError) in try field.number(name) }
    }

    func sections(_ name: String) throws(RecipeError) -> [RecipeFields] {
        try elements(name) { (field) throws(RecipeError) in try field.section(name) }
    }

    func interval(_ name: String) throws(RecipeError) -> ClosedRange<Double> {
        let ends = try numbers(name)
        guard ends.count == 2, ends[0] <= ends[1] else { throw mismatch(name) }
        return ends[0]...ends[1]
    }

    func choice<Choice: RawRepresentable<String>>(
        _ name: String, _ type: Choice.Type
    ) throws(RecipeError) -> Choice {
        guard let choice = Choice(rawValue: try text(name)) else { throw mismatch(name) }
        return choice
    }

    func choices<Choice: RawRepresentable<String>>(
        _ name: String, _ type: Choice.Type
    ) throws(RecipeError) -> [Choice] {
        try elements(name) { (field) throws(RecipeError) in try field.choice(name, type) }
    }

    func optionalText(_ name: String) throws(RecipeError) -> String? {
        values[name] == .null ? nil : try text(name)
    }

    func optionalFlag(_ name: String) throws(RecipeError) -> Bool? {
        values[name] == .null ? nil : try flag(name)
    }

    func optionalInteger(_ name: String) throws(RecipeError) -> Int? {
        values[name] == .null ? nil : try integer(name)
    }

    func optionalNumber(_ name: String) throws(RecipeError) -> Double? {
        values[name] == .null ? nil : try number(name)
    }

    func optionalInterval(_ name: String) throws(RecipeError) -> ClosedRange<Double>? {
        values[name] == .null ? nil : try interval(name)
    }

    func optionalSection(_ name: String) throws(RecipeError) -> RecipeFields? {
        values[name] == .null ? nil : try section(name)
    }

    private func elements<Value>(
        _ name: String, _ read: (RecipeFields) throws(RecipeError) -> Value
    ) throws(RecipeError) -> [Value] {
        guard case .list(let elements)? = values[name] else { throw mismatch(name) }
        var result: [Value] = []
        for element in elements { result.append(try read(RecipeFields(values: [name: element]))) }
        return result
    }
}
