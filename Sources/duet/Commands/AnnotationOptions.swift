public import ArgumentParser
public import Datasets

/// What annotation files leave open, for all files of a command.
struct AnnotationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How rows are laid out; found out from the first row when left out.",
            valueName: "format"))
    var format: AnnotationFormat?

    @Option(
        help: ArgumentHelp(
            "Where media paths start from; the file's own folder when left out.",
            valueName: "folder"),
        completion: .directory)
    var mediaFolder: String?

    @Option(
        help: ArgumentHelp(
            "The name of a row's medium, such as {youtube_id}.wav.", valueName: "name"))
    var mediaName: String?

    @Flag(help: "Hear the videos' own sound where rows do not say.")
    var videoSound = false

    /// A file with these settings.
    func source(_ path: String) -> AnnotationSource {
        var source = AnnotationSource(path)
        source.format = format
        source.mediaFolder = mediaFolder
        source.mediaName = mediaName
        source.hearsVideos = videoSound ? true : nil
        return source
    }

    /// The samples of files, and a note of what their formats leave out.
    ///
    /// Throws: `DatasetError`
    func samples(
        of paths: [String], tags: MediaTags, _ console: Console
    ) throws -> [Sample] {
        try paths.flatMap { path in
            let annotations = try AnnotationReader(tags: tags).read(source(path))
            for remark in annotations.remarks { console.note("\(path): \(remark)") }
            return try annotations.checkedSamples()
        }
    }
}

extension AnnotationFormat: ExpressibleByArgument {}
