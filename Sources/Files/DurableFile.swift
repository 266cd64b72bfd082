public import Foundation

/// Writes whole files so that a crash or a full disk leaves the previous one intact.
public enum DurableFile {
    /// Lets `body` write a temporary file beside `path`, syncs it and moves it to `path`.
    ///
    /// The temporary file is hidden and named after the process, `.name.partial-<process id>`; it is
    /// removed when anything fails. One process must not write one path from two tasks at once.
    /// Throws: what `body` throws, or `FileError`.
    public static func write(to path: String, _ body: (String) throws -> Void) throws {
        let target = URL(fileURLWithPath: path)
        let folder = target.deletingLastPathComponent().path
        let partial =
            "\(folder)/.\(target.lastPathComponent).partial-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            try body(partial)
            try publish(partial, as: path)
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// Gives a finished file beside `path` that name, once its bytes are on the disk.
    ///
    /// Throws: `FileError` when the file cannot be synced or moved; it is then still where it was
    public static func publish(_ partial: String, as path: String) throws {
        try sync(partial, flags: O_RDWR, reportedAs: path)
        guard rename(partial, path) == 0 else {
            throw FileError(code: errno, path: path, action: "move the new file into place")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try sync(folder, flags: O_RDONLY | O_DIRECTORY, reportedAs: folder)
    }

    /// Writes to `path` the pieces that `body` hands to the function it is given, in order.
    ///
    /// Throws: what `body` throws, or `FileError` when the folder is missing, not writable or full.
    public static func stream(
        to path: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try write(to: path) { partial in
            let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                throw FileError(code: errno, path: path, action: "create the file")
            }
            defer { close(descriptor) }
            try body { piece in try writeAll(piece, to: descriptor, reportedAs: path) }
        }
    }

    /// Writes `data` to `path`.
    ///
    /// Throws: `FileError` when the folder is missing, not writable or full.
    public static func write(_ data: Data, to path: String) throws {
        try stream(to: path) { append in try data.withUnsafeBytes { try append($0) } }
    }

    /// Writes `text` to `path` as UTF-8.
    ///
    /// Throws: `FileError` when the folder is missing, not writable or full.
    public static func write(_ text: String, to path: String) throws {
        try write(Data(text.utf8), to: path)
    }

    /// Writes every byte to an open file, however often the system takes only a part.
    ///
    /// Throws: `FileError` that names `path`.
    package static func writeAll(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, reportedAs path: String
    ) throws {
        var rest = bytes[...]
        while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let written = Foundation.write(descriptor, start, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw FileError(code: errno, path: path, action: "write the file")
            }
            rest = rest.dropFirst(written)
        }
    }

    private static func sync(_ name: String, flags: Int32, reportedAs path: String) throws {
        let descriptor = open(name, flags | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw FileError(code: errno, path: path, action: "open what was written")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw FileError(code: errno, path: path, action: "sync what was written")
        }
    }
}
