import Foundation

/// A lock that several processes hold together, and that one of them can have alone for a while.
///
/// The system lets go of it when the process ends, however it ends. The file stays: it is empty, and
/// removing it would let two processes hold two locks of one name.
public final class SharedFileLock: Sendable {
    private let path: String
    private let descriptor: Int32
    /// Lets one task of this process at a time be alone.
    private let turn = NSLock()

    /// Joins those who hold the lock at `path`, whose folder exists; waits while one has it alone.
    ///
    /// Throws: `FileError` when the file cannot be made or locked.
    public init(path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw FileError(code: errno, path: path, action: "open the lock")
        }
        self.path = path
        self.descriptor = descriptor
        _ = try take(LOCK_SH)
    }

    deinit { close(descriptor) }

    /// Runs `body` while nobody else holds the lock; nil, without running it, when somebody does.
    ///
    /// Between sharing and being alone another process may be alone for a moment.
    public func alone<Value>(_ body: () throws -> Value) throws -> Value? {
        turn.lock()
        defer { turn.unlock() }
        let result: Result<Value, any Error>? =
            try take(LOCK_EX | LOCK_NB) ? Result { try body() } : nil
        // Asking to be alone gives up sharing, whether it is granted or not.
        _ = try take(LOCK_SH)
        return try result?.get()
    }

    /// Takes the lock in a way; false when it would have to wait and may not.
    private func take(_ way: Int32) throws -> Bool {
        while flock(descriptor, way) != 0 {
            let code = errno
            if code == EWOULDBLOCK { return false }
            guard code == EINTR else {
                throw FileError(code: code, path: path, action: "take the lock")
            }
        }
        return true
    }
}
