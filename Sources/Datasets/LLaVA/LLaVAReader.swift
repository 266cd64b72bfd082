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

    /// A reader of rows that use these tags.
    public init(tags: MediaTags = .standard) {
        self.tags = tags
    }

    /// All samples of a file, in its order; media paths are absolute or relative to the file.
    ///
    /// Throws: `DatasetError` with every wrong row and every missing media file of the file
    public func read(_ path: String) throws(DatasetError) -> [Sample] {
        let bytes = try contents(of: path)
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let start: Int = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
        var gathering = Gathering(path: path, tags: tags)
        var reader = JSONReader(bytes, in: start..<bytes.count)
        switch reader.peek() {
        case UInt8(ascii: "[")?:
            try readArray(&reader, into: &gathering)
        case UInt8(ascii: "{")?:
            readLines(of: bytes, from: start, into: &gathering)
        case nil:
            throw DatasetError(
                .malformed, path, "holds no rows", hint: "expected a JSON array or JSON Lines")
        default:
            throw DatasetError(
                .malformed, path, "is neither a JSON array nor JSON Lines",
                hint: "expected it to begin with [ or {, in UTF-8")
        }
        return try gathering.samples()
    }

    private func contents(of path: String) throws(DatasetError) -> [UInt8] {
        let hint = "expected an annotation file (.json or .jsonl)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw DatasetError(.unreadable, path, "does not exist", hint: hint)
        }
        do {
            let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
            let type = try FileManager.default.attributesOfItem(atPath: url.path)[.type]
            if type as? FileAttributeType == .typeRegular {
                return [UInt8](try Data(contentsOf: url))
            }
        } catch {
            throw DatasetError(
                .unreadable, path, "cannot be read (\(error.localizedDescription))",
                hint: "check the file's permissions")
        }
        throw DatasetError(.unreadable, path, "is not a regular file", hint: hint)
    }

    private func readArray(
        _ reader: inout JSONReader, into gathering: inout Gathering
    ) throws(DatasetError) {
        do throws(JSONReader.Failure) {
            try reader.elements { value in
                gathering.add(LLaVARow(value), at: "row \(gathering.rowCount + 1)")
            }
            try reader.expectEnd()
        } catch {
            throw DatasetError(
                .malformed, gathering.path,
                "is not valid JSON at line \(error.line), column \(error.column): \(error.detail)",
                hint: "\(gathering.rowCount) rows before it could be read")
        }
    }

    private func readLines(
        of bytes: [UInt8], from start: Int, into gathering: inout Gathering
    ) {
        var start: Int = start
        var lineNumber = 0
        while start < bytes.count {
            let end: Int = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            lineNumber += 1
            var reader = JSONReader(bytes, in: start..<end)
            start = end + 1
            guard reader.peek() != nil else { continue }
            let location = "line \(lineNumber)"
            do throws(JSONReader.Failure) {
                let value = try reader.value()
                try reader.expectEnd()
                gathering.add(LLaVARow(value), at: location)
            } catch {
                gathering.addUnreadable(
                    "is not valid JSON at column \(error.column): \(error.detail)", at: location)
            }
        }
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

    mutating func addUnreadable(_ detail: String, at location: String) {
        rowCount += 1
        note(detail, at: location, id: nil)
    }

    private mutating func note(_ detail: String, at location: String, id: String?) {
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
        if rowCount == 0 {
            throw DatasetError(
                .malformed, path, "holds no rows", hint: "expected at least one conversation")
        }
        guard problems.isEmpty, missing.isEmpty else {
            var found: [String] = []
            if !problems.isEmpty { found.append("\(problems.count) problems in its rows") }
            if !missing.isEmpty { found.append("\(missing.count) missing media files") }
            throw DatasetError(
                .invalidRows, path, "has " + found.joined(separator: " and "),
                hint: "correct the rows below; media paths are absolute or relative to the file",
                problems: problems, missingMedia: missing)
        }
        return found
    }
}
