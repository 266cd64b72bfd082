import Foundation

/// The first look at a path, before any library opens it: a pipe would hang, a folder confuses.
enum RegularFile {
    /// Checks that a path names a readable file that is not empty.
    static func check(_ path: String) throws(MediaError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw MediaError(
                .missing, path, "cannot be found: \(reason(errno))", hint: "check the path")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw MediaError(
                .notAFile, path, "is \(isFolder ? "a folder" : "no regular file")",
                hint: "name a picture, video or sound file")
        }
        guard access(path, R_OK) == 0 else {
            throw MediaError(
                .missing, path, "cannot be read: \(reason(errno))", hint: "check the permissions")
        }
        guard status.st_size > 0 else {
            throw MediaError(.empty, path, "is empty (0 bytes)", hint: "copy the file again")
        }
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
