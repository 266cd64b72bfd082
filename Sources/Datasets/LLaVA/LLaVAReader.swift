import Foundation

/// Reads conversations about pictures, videos and sounds as LLaVA and VideoLLaMA2 write them.
///
/// A file is a JSON array of rows, or JSON Lines. A row has an `id` (text or whole number), media
/// under `image`, `video`, `audio` or their plurals (a path or a list of one), and `conversations`
/// (`from`, `value`) or `messages` (`role`, `content`). The first question holds one tag for each
/// medium. A row with a video, an audio tag and no `audio` takes the video's own track. Unknown
/// keys are ignored.
/// Source: LLaVA docs/Finetune_Custom_Data.md; VideoLLaMA2 README
public struct LLaVAReader: Sendable {
    /// The tags that rows use.
    public let tags: MediaTags

    public init(tags: MediaTags = .standard) {
        self.tags = tags
    }

    /// All samples of a file, in its order; media paths are absolute or relative to the file.
    ///
    /// Throws: `DatasetError` with every wrong row and every missing media file of the file
    public func read(_ path: String) throws(DatasetError) -> [Sample] {
        let data = try contents(of: path)
        guard let first = data.first(where: { !Self.isSpace($0) }) else {
            throw DatasetError(
                .malformed, path, "holds no rows", hint: "expected a JSON array or JSON Lines")
        }
        var gathering = Gathering(path: path, tags: tags)
        switch first {
        case UInt8(ascii: "["):
            for (index, row) in try array(in: data, path: path).enumerated() {
                gathering.add(row, at: "row \(index + 1)")
            }
        case UInt8(ascii: "{"):
            Self.readLines(of: data, into: &gathering)
        default:
            throw DatasetError(
                .malformed, path, "is neither a JSON array nor JSON Lines",
                hint: "expected it to begin with [ or {")
        }
        return try gathering.samples()
    }

    private func contents(of path: String) throws(DatasetError) -> Data {
        var isFolder: ObjCBool = false
        let hint = "expected an annotation file (.json or .jsonl)"
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DatasetError(.unreadable, path, "does not exist", hint: hint)
        }
        do {
            let type = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)[.type]
            guard type as? FileAttributeType == .typeRegular else {
                let what = isFolder.boolValue ? "is a folder" : "is not a regular file"
                throw DatasetError(.unreadable, path, what, hint: hint)
            }
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
            return data.starts(with: byteOrderMark) ? Data(data.dropFirst(3)) : data
        } catch let error as DatasetError {
            throw error
        } catch {
            throw DatasetError(
                .unreadable, path, "cannot be read (\(error.localizedDescription))",
                hint: "check the file's permissions")
        }
    }

    private func array(in data: Data, path: String) throws(DatasetError) -> [LLaVARow] {
        do {
            return try JSONDecoder().decode([LLaVARow].self, from: data)
        } catch {
            throw DatasetError(
                .malformed, path, "is not valid JSON (\(Self.reason(error)))",
                hint: "expected a JSON array of rows in UTF-8")
        }
    }

    private static func readLines(of data: Data, into gathering: inout Gathering) {
        let decoder = JSONDecoder()
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy(isSpace) {
            let location = "line \(index + 1)"
            do {
                gathering.add(try decoder.decode(LLaVARow.self, from: line), at: location)
            } catch {
                gathering.note(
                    "is not valid JSON (\(reason(error))); expected one object a line",
                    at: location, id: nil)
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// What the parser says is wrong, with the place in the file where it says so.
    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context)? = error as? DecodingError else {
            return error.localizedDescription
        }
        let parser = context.underlyingError.map { $0 as NSError }
        let detail = parser?.userInfo[NSDebugDescriptionErrorKey] as? String
        let text: String = detail ?? context.debugDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

/// Samples and problems of one file as they come in.
private struct Gathering {
    let path: String
    var builder: LLaVASampleBuilder
    var rowCount = 0
    var found: [Sample] = []
    var problems: [DatasetError.RowProblem] = []
    var locations: [String: String] = [:]
    /// Media files looked at so far, and whether they exist.
    var isPresent: [String: Bool] = [:]
    var missing: [DatasetError.RowProblem] = []

    init(path: String, tags: MediaTags) {
        self.path = path
        let folder: String = URL(fileURLWithPath: path).deletingLastPathComponent().path
        builder = LLaVASampleBuilder(tags: tags, folder: folder)
    }

    mutating func add(_ row: LLaVARow, at location: String) {
        rowCount += 1
        let sample = builder.sample(from: row)
        for problem in builder.problems { note(problem, at: location, id: row.id) }
        if let id = row.id {
            if let earlier = locations[id] {
                note(
                    "id was used before by \(earlier); expected each id once", at: location, id: id)
            } else {
                locations[id] = location
            }
        }
        guard let sample else { return }
        for path in Set([sample.visualPath, sample.audioPath].compactMap(\.self)).sorted() {
            checkMedia(path, at: location, id: sample.id)
        }
        found.append(sample)
    }

    mutating func note(_ detail: String, at location: String, id: String?) {
        problems.append(.init(location: location, sampleID: id, detail: detail))
    }

    private mutating func checkMedia(_ path: String, at location: String, id: String) {
        guard isPresent[path] == nil else { return }
        var isFolder: ObjCBool = false
        let exists: Bool = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        isPresent[path] = exists && !isFolder.boolValue
        guard !exists || isFolder.boolValue else { return }
        let what = exists ? "a folder instead of a media file at" : "no media file at"
        missing.append(.init(location: location, sampleID: id, detail: "\(what) \(path)"))
    }

    func samples() throws(DatasetError) -> [Sample] {
        if rowCount == 0, problems.isEmpty {
            throw DatasetError(
                .malformed, path, "holds no rows", hint: "expected at least one conversation")
        }
        guard problems.isEmpty, missing.isEmpty else {
            let rows = "\(problems.count) problems in \(rowCount) rows"
            let files = "\(missing.count) missing media files"
            throw DatasetError(
                .invalidRows, path, "\(rows) and \(files)",
                hint: "correct the rows below; media paths are absolute or relative to the file",
                problems: problems, missingMedia: missing)
        }
        return found
    }
}
