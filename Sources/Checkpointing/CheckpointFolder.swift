import Foundation

/// The checkpoints of one run: a folder of files named by step.
public struct CheckpointFolder: Sendable, Equatable {
    /// A checkpoint in the folder.
    public struct Entry: Sendable, Equatable {
        /// The step in the file's name.
        public let step: Int
        /// The file.
        public let path: String
    }

    /// What thinning out has done.
    public struct Retention: Sendable, Equatable {
        /// The files that were removed.
        public let removed: [String]
        /// Files that could not be read and were therefore kept.
        public let unreadable: [CheckpointError]
    }

    /// The folder.
    public let path: String

    private static let prefix = "step-"
    private static let suffix = ".h5"

    /// Names a folder; it need not exist yet.
    public init(path: String) { self.path = path }

    /// Where the checkpoint of a step lies.
    public func path(forStep step: Int) -> String {
        let digits = String(step)
        let zeros = String(repeating: "0", count: max(0, 8 - digits.count))
        return "\(path)/\(Self.prefix)\(zeros)\(digits)\(Self.suffix)"
    }

    /// The checkpoints in the folder, by rising step; none when the folder does not exist.
    ///
    /// Throws: when the folder exists but cannot be read.
    public func entries() throws(CheckpointError) -> [Entry] {
        try names()
            .compactMap { name in
                guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix),
                    let step = Int(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)),
                    step >= 0
                else { return nil }
                return Entry(step: step, path: "\(path)/\(name)")
            }
            .sorted { $0.step < $1.step }
    }

    private func names() throws(CheckpointError) -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw CheckpointError(
                .unreadable, subject: path, detail: "cannot list the checkpoints",
                hint: "check the folder and its permissions", cause: "\(error)")
        }
    }

    /// The checkpoint of the highest step.
    public func latest() throws(CheckpointError) -> Entry? { try entries().last }

    /// The checkpoint whose own figure of that name is lowest; the earlier one of equals.
    ///
    /// Throws: when a checkpoint cannot be read.
    public func best(by metric: String) throws(CheckpointError) -> Entry? {
        let (best, unreadable) = try ranked(by: metric)
        if let error = unreadable.first { throw error }
        return best
    }

    /// Removes all but the last checkpoints and the one with the lowest figure of that name, and
    /// what a run that died while writing left unfinished.
    ///
    /// Throws: when the folder cannot be read or a file not be removed.
    @discardableResult
    public func retain(last count: Int, bestBy metric: String) throws(CheckpointError) -> Retention
    {
        let (best, unreadable) = try ranked(by: metric)
        AbandonedFiles.remove(startingWith: Self.prefix, in: path, names: try names())
        var removed: [String] = []
        let unreadablePaths = Set(unreadable.map(\.subject))
        for entry in try entries().filter({ !unreadablePaths.contains($0.path) }).dropLast(count)
        where entry != best {
            do {
                try FileManager.default.removeItem(atPath: entry.path)
            } catch {
                throw CheckpointError(
                    .unwritable, subject: entry.path, detail: "cannot remove an old checkpoint",
                    hint: "check the folder and its permissions", cause: "\(error)")
            }
            removed.append(entry.path)
        }
        return Retention(removed: removed, unreadable: unreadable)
    }

    private func ranked(
        by metric: String
    ) throws(CheckpointError) -> (best: Entry?, unreadable: [CheckpointError]) {
        var best: (entry: Entry, figure: Double)?
        var unreadable: [CheckpointError] = []
        for entry in try entries() {
            do throws(CheckpointError) {
                let figure = try Checkpoint.summary(of: entry.path).metrics[metric]
                guard let figure, figure.isFinite, figure < best?.figure ?? .infinity else {
                    continue
                }
                best = (entry, figure)
            } catch {
                unreadable.append(
                    CheckpointError(
                        error.kind, subject: entry.path, detail: error.detail, hint: error.hint,
                        cause: error.cause))
            }
        }
        return (best?.entry, unreadable)
    }
}
