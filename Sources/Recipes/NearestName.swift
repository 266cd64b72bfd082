/// Finds what someone meant who wrote a key that does not exist.
enum NearestName {
    /// The message for an unknown key.
    static func unknown(_ name: String, among keys: [RecipeKey]) -> String {
        let known = keys.map(\.name)
        var detail = "unknown key"
        let nearest = known.map { (distance($0, name), $0) }.min { $0.0 < $1.0 }
        if let nearest, nearest.0 <= max(1, name.count / 3) {
            detail += "; did you mean '\(nearest.1)'"
        } else if let section = sections(with: name, in: RecipeKey.all, path: "").first {
            detail += "; it belongs under '\(section)'"
        }
        return detail + "; known here: \(known.sorted().joined(separator: ", "))"
    }

    private static func sections(
        with name: String, in keys: [RecipeKey], path: String
    ) -> [String] {
        keys.flatMap { key -> [String] in
            guard case .section(let children) = key.kind else { return [] }
            let here = path.isEmpty ? key.name : "\(path).\(key.name)"
            let found = children.contains { $0.name == name } ? [here] : []
            return found + sections(with: name, in: children, path: here)
        }
    }

    /// The least number of characters to insert, remove, replace or swap with a neighbour.
    ///
    /// Source: Damerau 1964, in the restricted form of optimal string alignment.
    package static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.unicodeScalars.prefix(100))
        let b = Array(right.unicodeScalars.prefix(100))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1] + 1, row[j] + 1)
                best = min(best, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
