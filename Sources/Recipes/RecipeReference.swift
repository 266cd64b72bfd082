/// The list of all keys, for people.
public enum RecipeReference {
    /// A Markdown table of every key with its type, range, default and meaning.
    public static var markdown: String {
        let head = ["| key | value | default | meaning |", "|--|--|--|--|"]
        return (head + rows(RecipeKey.all, path: "")).joined(separator: "\n") + "\n"
    }

    private static func rows(_ keys: [RecipeKey], path: String) -> [String] {
        keys.flatMap { key -> [String] in
            let here = path + key.name
            let cells = ["`\(here)`", key.kind.expectation, absence(key), key.summary]
            let row = "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")
            return [row + " |"] + children(key, here)
        }
    }

    private static func children(_ key: RecipeKey, _ path: String) -> [String] {
        switch key.kind {
        case .section(let keys): rows(keys, path: path + ".")
        case .list(.section(let keys), _, _): rows(keys, path: path + "[].")
        default: []
        }
    }

    private static func absence(_ key: RecipeKey) -> String {
        switch key.absence {
        case .isAnError: "**required**"
        case .isNull: "`null`"
        case .means(let value): "`\(value.yaml)`"
        case .follows(let rule): rule
        case .takesDefaults: "its keys' own"
        }
    }
}
