import Files
import Foundation

/// Reads annotation files of every known format; the first row says which one it is.
///
/// A file is a JSON array of rows, JSON Lines, an object with a list of them, or a table of
/// comma-separated values; `AnnotationFormat` lists the layouts of rows. Conversations have an `id`
/// (text or whole number; without one a row is named by its place), media under `image`, `video`,
/// `audio` or their plurals (a path or a list of one), and `conversations` (`from`, `value`) or
/// `messages` (`role`, `content`). The first question holds one tag for each medium. A row with a
/// video, an audio tag and no `audio` takes the video's own track. Unknown keys are ignored.
public struct AnnotationReader: Sendable {
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
        try read(AnnotationSource(path)).checkedSamples()
    }

    /// What is in a file, with all that is wrong with its rows.
    ///
    /// Throws: `DatasetError` when the file cannot be read as a whole
    public func read(_ source: AnnotationSource) throws(DatasetError) -> Annotations {
        let records = AnnotationRecords(
            path: source.path, bytes: try Self.contents(of: source.path))
        if source.hearsVideos == true, tags.audio.isEmpty {
            throw DatasetError(
                .invalidTags, source.path, "is to be heard, but there is no tag for sounds",
                hint: "name an audio encoder, or leave the videos' sound out")
        }
        var gathering = Gathering(source: source, tags: tags)
        if let format = source.format { try gathering.begin(format) }
        try records.forEach { gathering.add($0) }
        return try gathering.annotations()
    }

    /// A file's bytes.
    ///
    /// Throws: `DatasetError.Kind.unreadable`
    static func contents(of path: String) throws(DatasetError) -> [UInt8] {
        let hint = "expected an annotation file (.json, .jsonl or .csv)"
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
                .unreadable, path, "cannot be read (\(error.systemReason))",
                hint: "check the file's permissions")
        }
        throw DatasetError(.unreadable, path, "is not a regular file", hint: hint)
    }
}

/// Samples and problems of one file as they come in.
private struct Gathering {
    let source: AnnotationSource
    let tags: MediaTags
    private var builder: SampleBuilder
    private var locator: MediaLocator
    /// Known from the first row of a known format on.
    private var maker: RowMaker?
    /// Why rows of the format cannot be read.
    private var failure: DatasetError?
    private var recordCount = 0
    private var found: [Sample] = []
    private var problems: [DatasetError.RowProblem] = []
    private var locations: [String: String] = [:]
    private var missing: [DatasetError.RowProblem] = []
    private var missingPaths: Set<String> = []

    init(source: AnnotationSource, tags: MediaTags) {
        self.source = source
        self.tags = tags
        builder = SampleBuilder(tags: tags, hearsVideos: source.hearsVideos)
        locator = MediaLocator(
            folder: source.mediaFolder
                ?? URL(fileURLWithPath: source.path).deletingLastPathComponent().path)
    }

    mutating func begin(_ format: AnnotationFormat) throws(DatasetError) {
        maker = try RowMaker(source, format: format, tags: tags)
    }

    mutating func add(_ record: AnnotationRecords.Record) {
        recordCount += 1
        switch record {
        case .unreadable(let detail, let location):
            problems.append(.init(.field, location: location, sampleID: nil, detail: detail))
        case .value(let value, let location):
            if maker == nil, case .object(let members) = value,
                let format = AnnotationFormat.recognised(members)
            {
                do throws(DatasetError) { try begin(format) } catch { failure = error }
            }
            for row in maker?.rows(of: value, number: recordCount) ?? [AnnotationRow(value)] {
                add(row, at: location)
            }
        }
    }

    private mutating func add(_ row: AnnotationRow, at location: String) {
        let id: String? = row.id
        let sample = builder.sample(from: row, at: location, &locator)
        for problem in builder.problems {
            problems.append(
                .init(problem.kind, location: location, sampleID: id, detail: problem.detail))
        }
        let name: String = id ?? location
        if let earlier = locations[name] {
            problems.append(
                .init(
                    .field, location: location, sampleID: name,
                    detail: "id was used before by \(earlier); expected each id once"))
            return
        }
        locations[name] = location
        guard let sample else { return }
        for path in Set([sample.visualPath, sample.audioPath].compactMap(\.self)).sorted() {
            guard let detail = locator.absence(of: path) else { continue }
            missing.append(
                .init(.missingMedia, location: location, sampleID: sample.id, detail: detail))
            missingPaths.insert(path)
        }
        found.append(sample)
    }

    func annotations() throws(DatasetError) -> Annotations {
        if let failure { throw failure }
        if recordCount == 0 {
            throw DatasetError(
                .malformed, source.path, "holds no rows", hint: "expected at least one")
        }
        return Annotations(
            path: source.path, format: maker?.format ?? .llava, samples: found,
            rowCount: recordCount,
            problems: problems, missingMedia: missing, missingPaths: missingPaths,
            remarks: maker?.remarks ?? [])
    }
}
