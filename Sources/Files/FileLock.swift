import Foundation
import Synchronization

/// A lock that one process at a time holds, by a file that says who does.
///
/// The system lets go of it when the process ends, however it ends. The file is removed with the lock;
/// what a killed process leaves of it stops nobody.
public final class FileLock: Sendable {
    private let path: String
    /// The open file; nil once the lock is let go.
    private let descriptor: Mutex<Int32?>

    /// Takes the lock at `path`, whose folder exists; nil when another process, or another lock of this
    /// one, holds it.
    ///
    /// Throws: `FileError` when the file cannot be made.
    public init?(path: String) throws {
        let descriptor = try Self.lockedFile(at: path)
        guard let descriptor else { return nil }
        self.path = path
        self.descriptor = Mutex(descriptor)
        let text = Array("\(ProcessInfo.processInfo.processIdentifier)\n".utf8)
        guard ftruncate(descriptor, 0) == 0,
            pwrite(descriptor, text, text.count, 0) == text.count
        else { throw FileError(code: errno, path: path, action: "write the lock") }
    }

    deinit { release() }

    /// Lets go of the lock; a second time does nothing.
    public func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            unlink(path)
            close(open)
            descriptor = nil
        }
    }

    private static func lockedFile(at path: String) throws -> Int32? {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                throw FileError(code: errno, path: path, action: "open the lock")
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                let code = errno
                close(descriptor)
                guard code != EWOULDBLOCK else { return nil }
                guard code == EINTR else {
                    throw FileError(code: code, path: path, action: "take the lock")
                }
            } else if isStill(descriptor, at: path) {
                return descriptor
            } else {
                close(descriptor)  // its last holder removed it in between
            }
        }
    }

    /// The process that wrote its number into the lock at `path`; nil when none did.
    public static func holder(of path: String) -> Int? {
        // A lock that is gone by now has no holder.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func isStill(_ descriptor: Int32, at path: String) -> Bool {
        var (mine, there) = (stat(), stat())
        return fstat(descriptor, &mine) == 0 && stat(path, &there) == 0
            && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
    }
}
