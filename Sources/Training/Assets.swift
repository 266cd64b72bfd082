internal import Files
internal import Foundation

/// Pretrained parts by name: `Data/assets.json` says where each lies in the user's cache.
///
/// A name that is a path to something that exists is taken as that path.
public struct Assets: Sendable {
    private struct Entry: Decodable {
        let file: String
        let sha256: String
        let description: String?
        let licence: String?
    }

    private struct Table: Decodable { let models: [String: Entry] }

    private let entries: [String: Entry]
    /// The table, where there is none.
    private let missingTable: String?
    private let cacheFolder: String
    private let digests: KnownDigests

    /// Reads the table; without one, only paths are known.
    ///
    /// Throws: `TrainingError` when the table is damaged
    public init(table: String = "Data/assets.json") throws {
        let isThere = FileManager.default.fileExists(atPath: table)
        missingTable = isThere ? nil : table
        do {
            entries =
                isThere
                ? try JSONDecoder().decode(
                    Table.self, from: try Data(contentsOf: URL(fileURLWithPath: table))
                ).models : [:]
        } catch {
            throw TrainingError(
                .asset, subject: table, detail: "cannot be read as the table of pretrained parts",
                hint: "restore it from the project")
        }
        let environment = ProcessInfo.processInfo.environment
        let home = FileManager.default.homeDirectoryForCurrentUser.path
        let base = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        let folder = (base ?? "\(home)/.cache") + "/duet"
        cacheFolder = "\(folder)/assets"
        digests = KnownDigests(folder: "\(folder)/digests")
    }

    /// The file or folder that `name` means.
    ///
    /// Throws: `TrainingError` when it is no known name and no path, or was not fetched yet
    public func path(of name: String) throws -> String {
        if let entry = entries[name] {
            let path = place(of: entry)
            guard FileManager.default.fileExists(atPath: path) else {
                throw TrainingError(
                    .asset, subject: name, detail: "has not been fetched to \(path)",
                    hint: "run `make assets`")
            }
            return path
        }
        if FileManager.default.fileExists(atPath: name) { return name }
        if let missingTable {
            throw TrainingError(
                .asset, subject: name,
                detail:
                    "is no path, and the table of pretrained parts, \(missingTable), is not here",
                hint: "run duet in the project's top folder, or name a file")
        }
        throw TrainingError(
            .asset, subject: name, detail: "is no path and no known pretrained part",
            hint: "known parts: \(entries.keys.sorted().joined(separator: ", "))")
    }

    /// Whether the table has a part of this name.
    func knows(_ name: String) -> Bool { entries[name] != nil }

    /// What the table says of a known part: its description and its licence; nil for paths.
    public func facts(of name: String) -> (description: String, licence: String)? {
        guard let entry = entries[name], let licence = entry.licence else { return nil }
        return (entry.description ?? name, licence)
    }

    /// Where the pretrained file of a name lies; nil when no part is called so or it was not fetched yet.
    public func path(ofFile name: String) -> String? {
        guard let entry = entries.values.first(where: { $0.file == name }) else { return nil }
        let path = place(of: entry)
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    private func place(of entry: Entry) -> String {
        "\(cacheFolder)/\(entry.sha256)/\(entry.file)"
    }

    /// SHA-256 of a file as the table states it, known or computed; of a folder, over the names and
    /// digests of the files directly in it.
    func digest(of path: String) throws -> String {
        if let known = entries.values.first(where: { place(of: $0) == path }) {
            return known.sha256
        }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard exists, isFolder.boolValue else { return try digests.sha256(of: path) }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        let lines = try names.compactMap { name -> String? in
            var isInner: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isInner)
            if isInner.boolValue { return nil }
            return "\(name) \(try digests.sha256(of: "\(path)/\(name)"))\n"
        }
        return SHA256.hexDigest(of: lines.joined().utf8)
    }
}
