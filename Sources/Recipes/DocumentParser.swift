import Yams

/// Turns YAML text into document nodes, refusing the parts of YAML that recipes do without.
struct DocumentParser {
    /// Reads YAML text; `position` names a place in it.
    ///
    /// Problems inside a readable document are added to `problems`; one that cannot be read throws.
    static func parse(
        _ yaml: String, problems: inout [RecipeProblem],
        position: @escaping (_ line: Int, _ column: Int) -> String
    ) throws(RecipeError) -> DocumentNode {
        let parser = DocumentParser(position: position)
        try parser.refuseAliases(yaml)
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml, .default, .default, .utf8)
        } catch let error as YamlError {
            throw parser.recipeError(error)
        } catch {
            throw RecipeError(position: position(1, 1), subject: "yaml", "\(error)")
        }
        guard let root else {
            return DocumentNode(content: .scalar("", isPlain: true), position: position(1, 1))
        }
        return parser.node(root, &problems)
    }

    private let position: (_ line: Int, _ column: Int) -> String

    private func place(_ node: Node) -> String {
        position(node.mark?.line ?? 1, node.mark?.column ?? 1)
    }

    private func node(_ node: Node, _ problems: inout [RecipeProblem]) -> DocumentNode {
        let here = place(node)
        if node.isTagged {
            problems.append(
                RecipeProblem(
                    position: here, subject: "yaml",
                    detail: "a tag; expected a value without; leave the tag out"))
            return DocumentNode(content: .refused, position: here)
        }
        switch node {
        case .scalar(let scalar):
            return DocumentNode(
                content: .scalar(scalar.string, isPlain: scalar.style == .plain), position: here)
        case .sequence(let sequence):
            var elements: [DocumentNode] = []
            for element in sequence { elements.append(self.node(element, &problems)) }
            return DocumentNode(content: .list(elements), position: here)
        case .mapping(let mapping):
            return DocumentNode(content: .mapping(entries(mapping, &problems)), position: here)
        case .alias:
            return DocumentNode(content: .refused, position: here)
        }
    }

    private func entries(
        _ mapping: Node.Mapping, _ problems: inout [RecipeProblem]
    ) -> [DocumentNode.Entry] {
        var result: [DocumentNode.Entry] = []
        for (key, value) in mapping {
            guard case .scalar(let name) = key else {
                problems.append(
                    RecipeProblem(
                        position: place(key), subject: "yaml",
                        detail: "a key that is no text; expected the name of a key"))
                continue
            }
            result.append(
                .init(
                    key: name.string, position: place(key), value: node(value, &problems)))
        }
        return result
    }

    /// Stops before the parser follows an alias, as nested ones could take for ever.
    private func refuseAliases(_ yaml: String) throws(RecipeError) {
        let names = Set(Self.words(in: yaml, after: "&").map(\.name))
        if names.isEmpty { return }
        for alias in Self.words(in: yaml, after: "*") where names.contains(alias.name) {
            throw RecipeError(
                position: position(alias.line, alias.column), subject: "yaml",
                "alias '*\(alias.name)'; expected plain values; write the value out")
        }
    }

    private static func words(
        in yaml: String, after mark: Unicode.Scalar
    ) -> [(name: String, line: Int, column: Int)] {
        var result: [(name: String, line: Int, column: Int)] = []
        let lines = yaml.unicodeScalars.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r"
        }
        for (number, line) in lines.enumerated() {
            for (column, scalar) in line.enumerated() where scalar == mark {
                let name = line.dropFirst(column + 1).prefix {
                    $0.properties.isAlphabetic || ("0"..."9").contains($0)
                        || "_-".contains(
                            Character($0))
                }
                if !name.isEmpty { result.append((String(name), number + 1, column + 1)) }
            }
        }
        return result
    }

    private func recipeError(_ error: YamlError) -> RecipeError {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let detail = context.map { "\(problem) \($0.text)" } ?? problem
            return RecipeError(position: position(mark.line, mark.column), subject: "yaml", detail)
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            return RecipeError(
                position: position(context.mark.line, context.mark.column), subject: "yaml",
                "\(names) written more than once in a section; expected each key once")
        case .reader(let problem, let offset, _, _):
            return RecipeError(
                position: position(1, 1), subject: "yaml",
                problem + (offset.map { " at character \($0)" } ?? ""))
        default:
            return RecipeError(position: position(1, 1), subject: "yaml", "\(error)")
        }
    }
}

extension Node {
    /// Whether a type is written before the value.
    fileprivate var isTagged: Bool {
        switch self {
        case .scalar(let scalar):
            // The parser gives quoted text the tag of text.
            !scalar.tag.rawValue.isEmpty
                && (scalar.style == .plain || scalar.tag.rawValue != Tag.Name.str.rawValue)
        case .sequence(let sequence): !sequence.tag.rawValue.isEmpty
        case .mapping(let mapping): !mapping.tag.rawValue.isEmpty
        case .alias: false
        }
    }
}
