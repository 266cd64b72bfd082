import Foundation

/// Finds the files of media: paths relative to a folder, and names whose extension is open.
struct MediaLocator {
    /// The folder that relative paths start from.
    let folder: String
    /// Media files by folder and name without extension.
    private var listings: [String: [String: [String]]] = [:]
    private var isPresent: [String: Bool] = [:]

    /// The ending of names whose extension is open.
    static let openExtension = ".*"
    private static let extensions: Set<String> = [
        "3gp", "aac", "aif", "aiff", "avi", "bmp", "flac", "flv", "gif", "jpeg", "jpg", "m4a",
        "m4v", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "oga", "ogg", "ogv", "opus", "png",
        "tif", "tiff", "ts", "wav", "webm", "webp", "wmv",
    ]

    init(folder: String) {
        self.folder = folder
    }

    /// The path of a medium, and what keeps it from being found, if anything does but absence.
    mutating func path(of name: String) -> (path: String, problem: String?) {
        let path: String = name.hasPrefix("/") ? name : folder + "/" + name
        guard path.hasSuffix(Self.openExtension) else { return (path, nil) }
        let url = URL(fileURLWithPath: String(path.dropLast(Self.openExtension.count)))
        let isNamed: Bool = Self.extensions.contains(url.pathExtension.lowercased())
        let stem: String = (isNamed ? url.deletingPathExtension() : url).lastPathComponent
        let place: String = url.deletingLastPathComponent().path
        let found: [String] = listing(of: place)[stem] ?? []
        if found.count > 1 {
            return (
                path, "\(found.count) media files could be meant: \(found.joined(separator: ", "))"
            )
        }
        return ("\(place)/\(found.first ?? stem + Self.openExtension)", nil)
    }

    /// Why a path is no file, or nil when it is one or was asked for before.
    mutating func absence(of path: String) -> String? {
        guard isPresent[path] == nil else { return nil }
        var isFolder: ObjCBool = false
        let exists: Bool = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        isPresent[path] = exists && !isFolder.boolValue
        guard !exists || isFolder.boolValue else { return nil }
        return "\(exists ? "a folder instead of a media file at" : "no media file at") \(path)"
    }

    private mutating func listing(of place: String) -> [String: [String]] {
        if let known = listings[place] { return known }
        // A folder that is missing has no files; each medium in it is then told to be missing.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        var listing: [String: [String]] = [:]
        for name in names.sorted() {
            let url = URL(fileURLWithPath: name)
            guard Self.extensions.contains(url.pathExtension.lowercased()) else { continue }
            listing[url.deletingPathExtension().lastPathComponent, default: []].append(name)
        }
        listings[place] = listing
        return listing
    }
}
