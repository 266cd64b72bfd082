import Checkpointing
import Files
import Foundation
import WeightFiles

/// A folder that appears under its name only when everything in it is written and synced.
public struct ExportFolder {
    private let path: String
    private let replacesExisting: Bool

    /// Names the folder; one that is there is replaced only when asked for, and only an export or an
    /// empty folder: what lies in another one is somebody's.
    public init(path: String, replacesExisting: Bool) {
        self.path = path
        self.replacesExisting = replacesExisting
    }

    private var target: URL { URL(fileURLWithPath: path) }
    private var parent: URL { target.deletingLastPathComponent() }

    /// Refuses a folder that is there already, before any work is done for it.
    ///
    /// Throws: `InterchangeError`
    public func check() throws {
        guard FileManager.default.fileExists(atPath: target.path) else { return }
        guard replacesExisting else {
            throw InterchangeError(
                .request, path, "is there already", hint: "name another folder, or give --force")
        }
        // What cannot be listed is a file, or a folder that is not to be read.
        let names = try? FileManager.default.contentsOfDirectory(atPath: target.path)
        guard let names, names.isEmpty || names.contains(ExportFiles.description) else {
            throw InterchangeError(
                .request, path,
                "is there already and is no export, as it has no \(ExportFiles.description); only "
                    + "an export or an empty folder is replaced",
                hint: "name another folder, or remove it")
        }
    }

    /// Lets `body` fill a hidden folder beside the final one, and then gives it its name.
    ///
    /// Returns: names and sizes of the files, sorted by name
    /// Throws:  what `body` throws, or `InterchangeError`; nothing is left behind then
    public func write(
        _ body: (String) throws -> Void
    ) throws -> [(name: String, byteCount: Int)] {
        try check()
        removeAbandoned()
        let files = FileManager.default
        let suffix = "\(target.lastPathComponent).partial-\(getpid())"
        let partial = parent.appendingPathComponent(".\(suffix)").path
        let old = parent.appendingPathComponent(".old-\(suffix)").path
        let missing = missingAncestors()
        do {
            try files.createDirectory(atPath: partial, withIntermediateDirectories: true)
        } catch {
            let failure = failure("cannot be made")
            for folder in missing { rmdir(folder) }
            throw failure
        }
        do {
            try body(partial)
            let written = try list(partial)
            let isThere: Bool = files.fileExists(atPath: target.path)
            if isThere { try rename(target.path, to: old) }
            do {
                try rename(partial, to: target.path)
            } catch {
                if isThere { try rename(old, to: target.path) }
                throw error
            }
            try sync(parent.path)
            if isThere { try files.removeItem(atPath: old) }
            return written
        } catch {
            if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
            for folder in missing { rmdir(folder) }
            throw Self.renamed(error, from: partial, to: path)
        }
    }

    /// Folders above that are not there yet, the deepest first; those that are empty are removed again
    /// when the export fails.
    private func missingAncestors() -> [String] {
        var result: [String] = []
        var folder = parent
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            result.append(folder.path)
            folder = folder.deletingLastPathComponent()
        }
        return result
    }

    /// Removes what processes that are gone have left of this folder.
    private func removeAbandoned() {
        let files = FileManager.default
        let start = ".\(target.lastPathComponent).partial-"
        // A folder that cannot be listed has nothing to remove; making the new one says why.
        let names = (try? files.contentsOfDirectory(atPath: parent.path)) ?? []
        for name in names where name.hasPrefix(start) {
            guard let process = Int32(name.dropFirst(start.count)), process != getpid(),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            try? files.removeItem(atPath: parent.appendingPathComponent(name).path)
        }
    }

    /// The same error about the final name instead of the hidden one.
    private static func renamed(
        _ error: any Error, from partial: String, to path: String
    ) -> any Error {
        func retold(_ subject: String, _ detail: String, _ hint: String) -> (any Error)? {
            guard subject.contains(partial) else { return nil }
            // A file that was still hidden in there is called by its own final name, too.
            let place = subject.replacing(partial, with: path)
                .replacing(/\/\.(?<name>[^\/]+)\.partial-\d+/) { "/\($0.output.name)" }
            return InterchangeError(.storage, place, detail, hint: hint)
        }
        let new: (any Error)? =
            switch error {
            case let error as FileError: retold(error.subject, error.detail, error.hint)
            case let error as WeightFileError where error.kind == .unreadable:
                retold(error.subject, error.detail, error.hint)
            case let error as CheckpointError where error.kind == .unwritable:
                retold(
                    error.subject, error.detail + (error.cause.map { " (\($0))" } ?? ""), error.hint
                )
            default: nil
            }
        return new ?? error
    }

    private func list(_ folder: String) throws -> [(name: String, byteCount: Int)] {
        let files = FileManager.default
        return try files.contentsOfDirectory(atPath: folder).sorted().map { name in
            let attributes = try files.attributesOfItem(atPath: "\(folder)/\(name)")
            return (name, (attributes[.size] as? NSNumber)?.intValue ?? 0)
        }
    }

    private func rename(_ source: String, to target: String) throws {
        guard Foundation.rename(source, target) == 0 else { throw failure("cannot be renamed") }
    }

    /// Makes sure that the folder's new entry is on the disk.
    private func sync(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw failure("cannot be synced") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot be synced") }
    }

    private func failure(_ what: String) -> InterchangeError {
        InterchangeError(
            .storage, path, "\(what): \(String(cString: strerror(errno)).lowercased())",
            hint: "check the folder, its permissions and the free space")
    }
}
