import Foundation

/// A folder that appears under its name only when everything in it is written and synced.
package struct ExportFolder {
    private let path: String
    private let replacesExisting: Bool

    /// Names the folder; one that is there is replaced only when asked for.
    package init(path: String, replacesExisting: Bool) {
        self.path = path
        self.replacesExisting = replacesExisting
    }

    /// Lets `body` fill a hidden folder beside the final one, and then gives it its name.
    ///
    /// Returns: names and sizes of the files, sorted by name
    /// Throws:  what `body` throws, or `CommandFailure`; nothing is left behind then
    package func write(
        _ body: (String) throws -> Void
    ) throws -> [(name: String, byteCount: Int)] {
        let target = URL(fileURLWithPath: path)
        let parent = target.deletingLastPathComponent()
        let process = ProcessInfo.processInfo.processIdentifier
        let suffix = "\(target.lastPathComponent).partial-\(process)"
        let partial = parent.appendingPathComponent(".\(suffix)").path
        let old = parent.appendingPathComponent(".old-\(suffix)").path
        let files = FileManager.default
        if files.fileExists(atPath: target.path), !replacesExisting {
            throw CommandFailure(
                .usage, path, "is there already", hint: "name another folder, or give --force")
        }
        do {
            try files.createDirectory(atPath: partial, withIntermediateDirectories: true)
        } catch {
            throw failure("cannot be made")
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
            throw error
        }
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

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure(
            .inputOutput, path, "\(what): \(String(cString: strerror(errno)).lowercased())",
            hint: "check the folder, its permissions and the free space")
    }
}
