/// Rows of text in aligned columns.
package struct Table {
    /// On which side of its column a text stands.
    package enum Alignment: Sendable {
        case leading
        case trailing
    }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// A table with these columns; without titles when all are empty.
    package init(_ columns: [(title: String, alignment: Alignment)]) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    /// A table of names and what they stand for.
    package init(facts: [(name: String, value: String)]) {
        self.init([("", .leading), ("", .leading)])
        for fact in facts { add([fact.name, fact.value]) }
    }

    /// Adds a row.
    ///
    /// Traps: when it has another number of cells than the table has columns
    package mutating func add(_ cells: [String]) {
        precondition(
            cells.count == titles.count,
            "table: a row of \(cells.count) cells in \(titles.count) columns")
        rows.append(cells)
    }

    /// The rows under their titles, without spaces at the ends of lines.
    package var text: String {
        let hasTitles: Bool = titles.contains { !$0.isEmpty }
        let all: [[String]] = (hasTitles ? [titles] : []) + rows
        let widths: [Int] = titles.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        var lines: [String] = all.map { line($0, widths) }
        if hasTitles {
            lines.insert(
                line(widths.map { String(repeating: "-", count: $0) }, widths), at: 1)
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: widths[column] - cell.count)
            text += column == 0 ? "" : "  "
            text += alignments[column] == .leading ? cell + space : space + cell
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
