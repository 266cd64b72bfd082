import CHDF5
import Foundation

/// The door to the C library: every call goes through `locked`, because Debian's serial HDF5 keeps
/// its state, error stack included, in globals without a lock of its own.
package enum HDF5Library {
    /// Recursive, because a handle may be released while another call holds the lock.
    private static let lock: NSRecursiveLock = {
        // Without this the library tries once more, at exit, to write files it failed to write.
        H5dont_atexit()
        H5open()
        return NSRecursiveLock()
    }()

    /// Runs `body` while no other thread is inside the library.
    package static func locked<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        // Errors are collected below and thrown; the library must not print them as well.
        H5Eset_auto2(CHDF5ErrorStack(), nil, nil)
        return try body()
    }

    /// What the library says about the call that has just failed: the innermost reason.
    static func reason() -> String? {
        var messages: [String] = []
        withUnsafeMutablePointer(to: &messages) { messages in
            _ = H5Ewalk2(
                CHDF5ErrorStack(), H5E_WALK_DOWNWARD,
                { _, entry, context in
                    let messages = context?.assumingMemoryBound(to: [String].self)
                    if let text = entry?.pointee.desc {
                        messages?.pointee.append(String(cString: text))
                    }
                    return 0
                }, messages)
        }
        guard let innermost = messages.last else { return nil }
        // A failed system call is reported with time, addresses and counts around its reason.
        let reason = innermost.firstMatch(of: /error message = '([^']*)'/)?.output.1
        return (reason.map(String.init) ?? innermost).lowercased()
    }
}

/// An identifier of an open HDF5 object, released when it goes out of use.
struct HDF5Handle: ~Copyable {
    let identifier: hid_t

    /// Takes over an identifier as a call returned it; nil when that call failed.
    init?(_ identifier: hid_t) {
        guard identifier >= 0 else { return nil }
        self.identifier = identifier
    }

    /// Leaves the errors of an earlier call in place, so that its reason can still be told.
    deinit {
        let hasFailed = H5Eget_num(CHDF5ErrorStack()) > 0
        let errors = hasFailed ? H5Eget_current_stack() : -1
        H5Idec_ref(identifier)
        if errors >= 0 { H5Eset_current_stack(errors) }
    }

    /// Releases the object now, and tells whether what it still had to write was written.
    consuming func isReleased() -> Bool {
        let isReleased = H5Idec_ref(identifier) >= 0
        discard self
        return isReleased
    }
}
