import Foundation

/// A regular file's bytes, read from disk only where they are touched.
///
/// Safety: the mapping is read-only, made in the initializer and removed in `deinit`; nobody writes it.
/// Traps: another program that shortens the file while it is mapped ends this process (SIGBUS).
public final class MappedFile: @unchecked Sendable {
    /// The path the file was opened by.
    public let path: String
    /// The size when the file was opened.
    public let byteCount: Int

    private let base: UnsafeMutableRawPointer?

    /// Maps the file at `path`.
    ///
    /// Throws: `FileError` when there is no regular, readable file at `path`.
    public init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(code: errno, path: path, action: "open the file")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(code: errno, path: path, action: "look at the file")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(
                kind: .notRegularFile, subject: path,
                detail: "this is not a regular file; a file with contents was expected",
                hint: "check the path")
        }
        self.path = path
        byteCount = Int(status.st_size)
        guard byteCount > 0 else {
            base = nil
            return
        }
        let mapping = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let mapping, mapping != MAP_FAILED else {
            throw FileError(code: errno, path: path, action: "map the file into memory")
        }
        base = mapping
    }

    deinit {
        if let base { munmap(base, byteCount) }
    }

    /// Lets go of the memory that holds some bytes; they are read from the disk when touched again.
    package func forget(_ range: Range<Int>) {
        guard let base, !range.isEmpty else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = range.lowerBound / page * page
        // What the system makes of the advice changes no result.
        _ = madvise(base + start, min(range.upperBound, byteCount) - start, MADV_DONTNEED)
    }

    /// Gives all bytes to `body`; the pointer is valid only inside it.
    public func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: byteCount))
    }
}
