import CHDF5

extension HDF5File {
    /// The longest name of a member or attribute, in bytes.
    static var longestName: Int { 1_024 }

    /// Refuses names that mean something else to HDF5; `member` may be a path.
    func checkName(_ member: String) throws(CheckpointError) {
        let parts = member.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." }), !member.contains("\0"),
            member.utf8.count <= Self.longestName
        else {
            throw CheckpointError(
                .invalid, subject: path,
                detail: "\"\(member.prefix(80))\" cannot name a member; "
                    + "expected 1 to \(Self.longestName) bytes without empty parts, \".\" or NUL",
                hint: "choose another name")
        }
    }

    /// The error for a damaged member.
    func damaged(_ member: String, _ detail: String) -> CheckpointError {
        CheckpointError(
            .damaged, subject: "\(path): \(member)", detail: detail,
            hint: "use another copy of this file, or delete it and make it again")
    }

    /// The error for the library call that has just failed.
    func failure(
        _ kind: CheckpointError.Kind, _ member: String, _ detail: String
    ) -> CheckpointError {
        Self.failure(kind, "\(path): \(member)", detail)
    }

    /// The error for the library call that has just failed.
    static func failure(
        _ kind: CheckpointError.Kind, _ subject: String, _ detail: String
    ) -> CheckpointError {
        let hint =
            kind == .unwritable
            ? "check the folder, its permissions and the free space"
            : "use another copy of this file, or delete it and make it again"
        return CheckpointError(
            kind, subject: subject, detail: detail, hint: hint, cause: HDF5Library.reason())
    }
}
