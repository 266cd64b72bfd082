import Foundation

/// Digests of large files, kept from one run of the program to the next.
///
/// A digest is taken from the folder only while the file is known to be the same: same device and inode,
/// same size, same times of change of content and of entry to the nanosecond. Who writes to a file, or
/// puts another in its place, changes the last of these, which no program can set back. A digest is kept
/// only when these facts were the same before and after it was computed, and the file had rested before:
/// the clock of a file system is coarse, and a file that changes twice within a tick looks unchanged.
///
/// Each file has an entry of its own, so that processes need not wait for each other. The folder may be
/// removed at any time.
public struct KnownDigests: Sendable {
    private let folder: String
    private let smallestByteCount: Int

    /// Seconds without change after which a file is at rest: twice the coarsest clock, FAT's.
    private static let restSeconds = 4.0
    /// Smaller files are digested in a moment.
    private static let usualByteCount = 16 << 20

    /// Keeps digests in a folder, which is made when there is something to keep.
    public init(folder: String) {
        self.init(folder: folder, smallestByteCount: Self.usualByteCount)
    }

    package init(folder: String, smallestByteCount: Int) {
        self.folder = folder
        self.smallestByteCount = smallestByteCount
    }

    /// The SHA-256 of the file at `path`, as hexadecimal digits.
    ///
    /// Throws: `FileError` when the file cannot be read
    public func sha256(of path: String) throws -> String {
        try sha256(of: path, now: Date().timeIntervalSince1970)
    }

    package func sha256(of path: String, now: Double) throws -> String {
        let before = try FileIdentity(path)
        guard before.byteCount >= smallestByteCount else {
            return try SHA256.hexDigest(ofFile: path)
        }
        let entry = "\(folder)/\(before.name)"
        if let known = Self.digest(in: entry, of: before) { return known }
        let digest = try SHA256.hexDigest(ofFile: path)
        if try FileIdentity(path) == before, before.lastChange + Self.restSeconds < now {
            keep("\(before.facts)\n\(digest)\n", as: entry)
        }
        return digest
    }

    private static func digest(in entry: String, of identity: FileIdentity) -> String? {
        // An entry that is not there or cannot be read is one to make.
        guard let data = FileManager.default.contents(atPath: entry) else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        guard lines.count == 2, lines[0] == identity.facts, lines[1].count == 64 else { return nil }
        return String(lines[1])
    }

    private func keep(_ text: String, as entry: String) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try DurableFile.write(text, to: entry)
        } catch {
            // Without a place to keep it, the digest is computed again next time; it is right all the same.
        }
    }
}

/// What a file system says of a file, and changes when the file does.
private struct FileIdentity: Equatable {
    /// Names the file while it exists.
    let name: String
    /// Size and times of change, in nanoseconds.
    let facts: String
    let byteCount: Int
    /// Seconds since 1970.
    let lastChange: Double

    init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileError(code: errno, path: path, action: "look at the file")
        }
        func text(_ time: timespec) -> String { "\(time.tv_sec) \(time.tv_nsec)" }
        let (content, entry) = (status.st_mtim, status.st_ctim)
        name = "\(status.st_dev)-\(status.st_ino)"
        facts = "\(status.st_size) \(text(content)) \(text(entry))"
        byteCount = Int(status.st_size)
        lastChange = Double(max(content.tv_sec, entry.tv_sec) + 1)
    }
}
