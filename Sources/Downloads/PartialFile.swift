internal import Files
internal import Foundation
internal import Synchronization

/// A file that is being fetched: hidden beside its place, named after its digest, locked against other
/// programs, and kept when a transfer breaks off.
final class PartialFile: Sendable {
    let path: String
    private let descriptor: Int32
    private let written: Mutex<Int>
    private let byteCount: Int

    /// Opens what an earlier transfer has left, or begins anew.
    ///
    /// Throws: `FileError`, or `HubError` while another program fetches the same file
    init(for file: HubFile, at place: String) throws {
        let url = URL(fileURLWithPath: place)
        let folder = url.deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError(
                kind: .denied, subject: folder,
                detail: "cannot be made: \(error.systemReason)",
                hint: "check the permissions of the folder above")
        }
        path = Self.path(for: file, at: place)
        byteCount = file.byteCount
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw FileError(code: errno, path: path, action: "create the file")
        }
        written = Mutex(0)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw HubError(
                .request, place, "another program is fetching it", hint: "wait for it to end")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(code: errno, path: path, action: "look at the file")
        }
        let count = Int(status.st_size)
        if count > byteCount { try restart() } else { written.withLock { $0 = count } }
    }

    deinit { close(descriptor) }

    /// Where the parts of a file are kept that goes to a place.
    static func path(for file: HubFile, at place: String) -> String {
        let url = URL(fileURLWithPath: place)
        let folder = url.deletingLastPathComponent().path
        return "\(folder)/.\(url.lastPathComponent).\(file.digest.text.prefix(12)).partial"
    }

    /// Bytes that are there.
    var count: Int { written.withLock { $0 } }

    /// Forgets what is there.
    func restart() throws {
        guard ftruncate(descriptor, 0) == 0 else {
            throw FileError(code: errno, path: path, action: "empty the file")
        }
        written.withLock { $0 = 0 }
    }

    /// Adds bytes at the end.
    ///
    /// Throws: `FileError`, or `HubError` when there are more bytes than announced
    func append(_ data: Data) throws {
        try written.withLock { count in
            guard count + data.count <= byteCount else {
                throw HubError(
                    .damaged, path, "more than the announced \(byteCount) bytes came",
                    hint: "try again, or another mirror by HF_ENDPOINT")
            }
            guard lseek(descriptor, off_t(count), SEEK_SET) >= 0 else {
                throw FileError(code: errno, path: path, action: "write the file")
            }
            try data.withUnsafeBytes {
                try DurableFile.writeAll($0, to: descriptor, reportedAs: path)
            }
            count += data.count
        }
    }

    /// Removes it.
    func remove() { unlink(path) }
}
