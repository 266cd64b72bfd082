/// Checks a document against the table of keys and collects every problem.
struct RecipeReader {
    private(set) var problems: [RecipeProblem]
    /// Where each key that was read is written, by its path.
    private(set) var positions: [String: String] = [:]

    init(problems: [RecipeProblem]) {
        self.problems = problems
    }

    mutating func report(_ position: String, _ subject: String, _ detail: String) {
        problems.append(RecipeProblem(position: position, subject: subject, detail: detail))
    }

    /// The values of a section; keys with problems are left out.
    mutating func section(
        _ node: DocumentNode, _ keys: [RecipeKey], path: String
    ) -> [String: RecipeValue] {
        guard case .mapping(let entries) = node.content else {
            reportMismatch(node, path.isEmpty ? "recipe" : path, .section(keys))
            return [:]
        }
        var values: [String: RecipeValue] = [:]
        for entry in entries {
            let keyPath = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                report(entry.position, keyPath, NearestName.unknown(entry.key, among: keys))
                continue
            }
            positions[keyPath] = entry.position
            if entry.value.isNull, key.absence.allowsNull {
                values[key.name] = .null
            } else if let value = value(entry.value, key.kind, path: keyPath) {
                values[key.name] = value
            }
        }
        for key in keys where !entries.contains(where: { $0.key == key.name }) {
            values[key.name] = absent(key, in: node, path: path)
        }
        return values
    }

    private mutating func absent(
        _ key: RecipeKey, in node: DocumentNode, path: String
    ) -> RecipeValue? {
        let keyPath = path.isEmpty ? key.name : "\(path).\(key.name)"
        switch key.absence {
        case .isAnError:
            report(node.position, keyPath, "missing; expected \(key.kind.expectation)")
            return nil
        case .isNull, .follows: return .null
        case .means(let value): return value
        case .takesDefaults:
            guard case .section(let keys) = key.kind else { return .null }
            let empty = DocumentNode(content: .mapping([]), position: node.position)
            return .section(section(empty, keys, path: keyPath))
        }
    }

    private mutating func value(
        _ node: DocumentNode, _ kind: RecipeKey.Kind, path: String
    ) -> RecipeValue? {
        switch (kind, node.content) {
        case (_, .refused): return nil
        case (.section(let keys), .mapping): return .section(section(node, keys, path: path))
        case (.list(let element, let least, let isUnique), .list(let nodes)):
            return list(nodes, element, least: least, isUnique: isUnique, in: node, path: path)
        case (.pair(let element), .list(let nodes)) where nodes.count == 2:
            return list(nodes, element, least: 2, isUnique: false, in: node, path: path)
        case (.interval(let range), .list(let nodes)) where nodes.count == 2:
            return interval(nodes, range, in: node, path: path)
        case (_, .scalar(let text, let isPlain)):
            if !node.isNull, let value = kind.scalar(text, isPlain: isPlain) { return value }
        default: break
        }
        reportMismatch(node, path, kind)
        return nil
    }

    private mutating func list(
        _ nodes: [DocumentNode], _ element: RecipeKey.Kind, least: Int, isUnique: Bool,
        in node: DocumentNode, path: String
    ) -> RecipeValue? {
        if nodes.count < least {
            report(node.position, path, "\(nodes.count) elements; expected at least \(least)")
            return nil
        }
        var values: [RecipeValue] = []
        for (index, child) in nodes.enumerated() {
            guard let value = value(child, element, path: "\(path)[\(index)]") else { continue }
            if isUnique && values.contains(value) {
                report(child.position, "\(path)[\(index)]", "\(value.yaml) twice; expected once")
            }
            values.append(value)
        }
        return values.count == nodes.count ? .list(values) : nil
    }

    private mutating func interval(
        _ nodes: [DocumentNode], _ range: NumberRange, in node: DocumentNode, path: String
    ) -> RecipeValue? {
        guard
            case .list(let ends)? = list(
                nodes, .number(range), least: 2, isUnique: false, in: node, path: path)
        else { return nil }
        if case .number(let least) = ends[0], case .number(let greatest) = ends[1],
            least > greatest
        {
            report(
                node.position, path,
                "\(ends[0].yaml) is more than \(ends[1].yaml); expected the lesser first")
            return nil
        }
        return .list(ends)
    }

    private mutating func reportMismatch(
        _ node: DocumentNode, _ path: String, _ kind: RecipeKey.Kind
    ) {
        report(node.position, path, "\(node.kindName); expected \(kind.expectation)")
    }
}

extension RecipeKey.Absence {
    /// Whether null may be written.
    fileprivate var allowsNull: Bool {
        switch self {
        case .isNull, .follows: true
        case .isAnError, .means, .takesDefaults: false
        }
    }
}
