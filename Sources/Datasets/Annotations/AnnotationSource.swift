/// An annotation file, and what it leaves open.
public struct AnnotationSource: Sendable, Hashable {
    /// The file.
    public var path: String
    /// How its rows are laid out; nil to find out from the first of them.
    public var format: AnnotationFormat?
    /// The folder that media paths start from; nil for the file's own.
    public var mediaFolder: String?
    /// The name of a row's medium in place of the format's own, such as `{youtube_id}_{start_time}.wav`:
    /// fields of the row in braces, and `.*` at the end for whatever media extension is there.
    public var mediaName: String?
    /// What is asked where rows hold only captions; nil for the format's own question.
    public var question: String?
    /// Whether a video's own sound is heard where its row does not say; nil for as the format has it.
    public var hearsVideos: Bool?

    /// A file with everything left to its format.
    public init(_ path: String) { self.path = path }
}

/// What was read from an annotation file.
public struct Annotations: Sendable {
    /// The file.
    public let path: String
    /// How its rows are laid out.
    public let format: AnnotationFormat
    /// The samples of all rows that are right, in the file's order; their media may be missing.
    public let samples: [Sample]
    /// Rows in the file, wrong ones included.
    public let rowCount: Int
    /// What is wrong with rows.
    public let problems: [DatasetError.RowProblem]
    /// Media files that do not exist, each with the first row that names it.
    public let missingMedia: [DatasetError.RowProblem]
    /// The paths of these.
    public let missingPaths: Set<String>
    /// What the format leaves out of its rows on purpose, such as undisclosed answers.
    public let remarks: [String]

    /// The samples, when nothing is wrong.
    ///
    /// Throws: `DatasetError` with every wrong row and every missing media file
    public func checkedSamples() throws(DatasetError) -> [Sample] {
        guard !problems.isEmpty || !missingMedia.isEmpty else { return samples }
        var found: [String] = []
        if !problems.isEmpty { found.append("\(problems.count) problems in its rows") }
        if !missingMedia.isEmpty { found.append("\(missingMedia.count) missing media files") }
        throw DatasetError(
            .invalidRows, path, "has " + found.joined(separator: " and "),
            hint: "correct the rows below; media paths are absolute or relative to the file or the "
                + "media folder",
            problems: problems, missingMedia: missingMedia)
    }
}
