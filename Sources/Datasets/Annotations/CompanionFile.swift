import Foundation

/// Files that some data sets keep beside their questions.
enum CompanionFile {
    /// Which number stands for which clip of MSVD: a name and `vid<number>` a line.
    static let youtubeMapping = "youtube_mapping.txt"
    private static let questions = "_q.json"

    /// The rows of the answers of ActivityNet-QA by `question_id`; none where the questions' file has
    /// another name, as its rows then hold answers themselves.
    ///
    /// Throws: `DatasetError` when the file is missing or broken
    static func answers(beside path: String) throws(DatasetError) -> [String: JSONValue] {
        guard path.hasSuffix(questions) else { return [:] }
        let path: String = path.dropLast(questions.count) + "_a.json"
        var rows: [String: JSONValue] = [:]
        var problems: [DatasetError.RowProblem] = []
        let records = AnnotationRecords(path: path, bytes: try AnnotationReader.contents(of: path))
        try records.forEach { record in
            switch record {
            case .value(.object(let members), let location):
                if let id = RecordFields(members).optionalName("question_id"), rows[id] == nil {
                    rows[id] = .object(members)
                } else {
                    problems.append(
                        .init(
                            .field, location: location, sampleID: nil,
                            detail: "has no question_id of its own; expected each id once"))
                }
            case .value(let value, let location):
                problems.append(
                    .init(
                        .field, location: location, sampleID: nil,
                        detail: "is \(value.kind); expected an object"))
            case .unreadable(let detail, let location):
                problems.append(
                    .init(.field, location: location, sampleID: nil, detail: detail))
            }
        }
        guard problems.isEmpty else {
            throw DatasetError(
                .invalidRows, path, "has \(problems.count) problems in its rows",
                hint: "correct the rows below", problems: problems)
        }
        return rows
    }

    /// The clips' names by number.
    ///
    /// Throws: `DatasetError` when the file is missing or a line is no pair
    static func youtubeNames(beside path: String) throws(DatasetError) -> [String: JSONValue] {
        let folder: String = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let path = "\(folder)/\(youtubeMapping)"
        let text = String(decoding: try AnnotationReader.contents(of: path), as: UTF8.self)
        var names: [String: JSONValue] = [:]
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let parts: [Substring] = line.split(whereSeparator: \.isWhitespace)
            guard parts.count == 2, parts[1].hasPrefix("vid"), Int(parts[1].dropFirst(3)) != nil
            else {
                throw DatasetError(
                    .malformed, path, "line \(index + 1) is \"\(line)\"",
                    hint: "expected a clip's name and vid with its number, such as abc_1_9 vid1")
            }
            names[String(parts[1].dropFirst(3))] = .string(String(parts[0]))
        }
        return names
    }
}
