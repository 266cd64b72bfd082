/// Writes checked values as YAML, in the order of the table of keys.
enum RecipeWriter {
    static func yaml(_ values: [String: RecipeValue]) -> String {
        lines(values, RecipeKey.all, indent: "").joined(separator: "\n") + "\n"
    }

    private static func lines(
        _ values: [String: RecipeValue], _ keys: [RecipeKey], indent: String
    ) -> [String] {
        keys.flatMap { key -> [String] in
            guard let value = values[key.name] else { return [] }
            switch (key.kind, value) {
            case (.section(let children), .section(let section)):
                return ["\(indent)\(key.name):"]
                    + lines(section, children, indent: indent + "  ")
            case (.list(.section(let children), _, _), .list(let elements))
            where !elements.isEmpty:
                return ["\(indent)\(key.name):"]
                    + elements.flatMap { element($0, children, indent: indent + "  ") }
            default:
                return ["\(indent)\(key.name): \(value.yaml)"]
            }
        }
    }

    private static func element(
        _ value: RecipeValue, _ keys: [RecipeKey], indent: String
    ) -> [String] {
        guard case .section(let section) = value else { return ["\(indent)- \(value.yaml)"] }
        let inner = lines(section, keys, indent: indent + "  ")
        return inner.enumerated().map { number, line in
            number == 0 ? "\(indent)- \(line.dropFirst(indent.count + 2))" : line
        }
    }
}
