import Foundation

/// Unfinished files of processes that died while writing.
enum AbandonedFiles {
    /// The time without a change after which nobody can still be writing a file.
    private static let abandonedAfterSeconds = 3_600

    /// Removes a folder's hidden unfinished files whose final name starts with `prefix`.
    static func remove(startingWith prefix: String, in folder: String, names: [String]) {
        for name in names where name.hasPrefix(".\(prefix)") && name.contains(".partial-") {
            // Another process may be removing or finishing the file: no file is no error.
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0,
                status.st_mtim.tv_sec < time(nil) - abandonedAfterSeconds
            else { continue }
            unlink("\(folder)/\(name)")
        }
    }
}
