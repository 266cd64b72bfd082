internal import Files
internal import Foundation
internal import Synchronization

/// Brings a model's files from the Hugging Face hub, or a mirror of it, into a folder.
///
/// Files are asked for by the commit that the revision means at the start. What is there already with
/// the right digest is not fetched again, and a transfer that broke off goes on.
public struct HubFetch: Sendable {
    /// What was fetched.
    public struct Report: Sendable, Equatable {
        /// The commit that all files are of.
        public let commit: String
        /// The licence that the model's card names, if it does.
        public let licence: String?
        /// The files' paths in the folder.
        public let paths: [String]
        /// Their bytes.
        public let byteCount: Int
    }

    /// How far it has come.
    public struct Progress: Sendable, Equatable {
        /// The file that is being fetched.
        public let path: String
        /// Bytes of all files that are there.
        public let doneByteCount: Int
        /// Bytes of all files.
        public let byteCount: Int
    }

    private let model: String
    private let revision: String
    private let patterns: [String]
    private let access: HubAccess
    private let settings: TransferSettings

    /// Names a model and, by shell patterns, the files of it that are wanted; without patterns these
    /// are its settings, its tokenizer, its terms and its weights in safetensors, or its one GGUF file.
    ///
    /// Throws: `HubError` when the model's name is not of the form `OWNER/NAME`
    public init(
        model: String, revision: String = "main", matching patterns: [String] = [],
        access: HubAccess
    ) throws {
        try self.init(
            model: model, revision: revision, matching: patterns, access: access,
            settings: TransferSettings())
    }

    package init(
        model: String, revision: String, matching patterns: [String], access: HubAccess,
        settings: TransferSettings
    ) throws {
        guard Self.isName(model) else {
            throw HubError(
                .request, model, "is no name of a model; expected OWNER/NAME",
                hint: "copy it from the model's page, e.g. openai/clip-vit-base-patch32")
        }
        self.model = model
        self.revision = revision
        self.patterns = patterns
        self.access = access
        self.settings = settings
    }

    /// Whether a text is of the form `OWNER/NAME`.
    public static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                part.first.map { $0 != "." } ?? false
                    && part.allSatisfy {
                        $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
                    }
            }
    }

    /// Fetches what is missing in a folder, which need not exist.
    ///
    /// Throws: `HubError` or `FileError`; finished files and finished parts are kept
    public func run(
        into folder: String, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> Report {
        let connection = HubConnection(access: access, model: model)
        let names = model.split(separator: "/").map(String.init)
        let subject = revision == "main" ? model : "\(model) at \(revision)"
        let listing = try HubListing(
            json: try await connection.data(
                try access.url(
                    ["api", "models"] + names + ["revision", revision], query: "blobs=true"),
                subject: subject),
            model: model)
        let files = try HubSelection.files(of: listing, matching: patterns, model: model)
        let total = files.reduce(0) { $0 + $1.byteCount }
        try requireSpace(for: files, in: folder)
        var done = 0
        for file in files {
            let before = done
            let path = file.path
            let transfer = FileTransfer(
                connection: connection,
                url: try access.url(
                    names + ["resolve", listing.commit]
                        + path.split(separator: "/").map(String.init)),
                file: file, place: "\(folder)/\(path)", settings: settings)
            try await transfer.run { count in
                progress(
                    Progress(path: path, doneByteCount: before + count, byteCount: total))
            }
            done += file.byteCount
        }
        return Report(
            commit: listing.commit, licence: listing.licence, paths: files.map(\.path),
            byteCount: total)
    }

    /// Refuses what the disk has no room for, before anything is fetched.
    private func requireSpace(for files: [HubFile], in folder: String) throws {
        let manager = FileManager.default
        var place = URL(fileURLWithPath: folder).standardizedFileURL
        while !manager.fileExists(atPath: place.path), place.path != "/" {
            place.deleteLastPathComponent()
        }
        func byteCount(of path: String) -> Int {
            (try? manager.attributesOfItem(atPath: path)[.size]) as? Int ?? 0
        }
        let missing = files.reduce(0) { sum, file in
            let path = "\(folder)/\(file.path)"
            if byteCount(of: path) == file.byteCount { return sum }
            return sum + file.byteCount - byteCount(of: PartialFile.path(for: file, at: path))
        }
        let attributes = try? manager.attributesOfFileSystem(forPath: place.path)
        guard let free = attributes?[.systemFreeSize] as? Int, free < missing else { return }
        throw FileError(
            kind: .noSpace, subject: folder,
            detail: "\(missing / 1_000_000) MB are to come, but the disk has room for "
                + "\(free / 1_000_000) MB",
            hint: "free some space or choose another folder with --to")
    }
}
