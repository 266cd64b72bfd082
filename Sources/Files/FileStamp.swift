import Foundation

/// What shows that a file's content was changed, without reading it: size, time of change, identity.
public struct FileStamp: Sendable, Hashable {
    private let byteCount: Int64
    private let seconds: Int
    private let nanoseconds: Int
    private let identity: UInt64

    /// The stamp of the file at `path` as it is now.
    ///
    /// Throws: `FileError` when there is none.
    public init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileError(code: errno, path: path, action: "look at the file")
        }
        byteCount = Int64(status.st_size)
        seconds = Int(status.st_mtim.tv_sec)
        nanoseconds = Int(status.st_mtim.tv_nsec)
        identity = UInt64(status.st_ino)
    }
}
