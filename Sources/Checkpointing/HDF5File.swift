import CHDF5
import Foundation

/// One HDF5 file, open for reading or just created, with every failure thrown as an error.
///
/// Files carry a seal over all their bytes, checked on opening, and datasets Fletcher-32 checksums,
/// checked on reading. Object times are switched off, so equal content makes equal bytes. Only what
/// this type writes is read back: plain numbers, without compression, links to other files or
/// storage outside the file.
///
/// Source: HDF5 File Format Specification 3.0.
public final class HDF5File: Sendable {
    /// The path the file was opened or created by.
    public let path: String
    /// The size in bytes when the file was opened; 0 for a file being created.
    public let byteCount: Int

    /// Whether the file was created here.
    private var isNew: Bool { byteCount == 0 }

    /// The open file. Safety: closed once by `close` or `deinit`, both under the library's lock.
    let identifier: hid_t

    private init(path: String, byteCount: Int, identifier: hid_t) {
        self.path = path
        self.byteCount = byteCount
        self.identifier = identifier
    }

    /// Opens an existing file for reading.
    ///
    /// Throws: when the file is missing, cut short, changed, or not written by this type.
    public static func open(_ path: String) throws(CheckpointError) -> HDF5File {
        let byteCount = try Seal.check(path)
        return try HDF5Library.locked { () throws(CheckpointError) -> HDF5File in
            guard let access = fileAccess() else {
                throw failure(.unreadable, path, "cannot prepare opening the file")
            }
            let identifier = H5Fopen(path, CHDF5ReadOnly(), access.identifier)
            guard identifier >= 0 else { throw failure(.damaged, path, "cannot open the file") }
            return HDF5File(path: path, byteCount: byteCount, identifier: identifier)
        }
    }

    /// Creates a file, replacing one that exists; for durable files see `DurableFile`.
    ///
    /// Throws: when the folder is missing, not writable or full.
    public static func create(_ path: String) throws(CheckpointError) -> HDF5File {
        try HDF5Library.locked { () throws(CheckpointError) -> HDF5File in
            guard let access = fileAccess(),
                let creation = HDF5Handle(H5Pcreate(CHDF5FileCreation())),
                H5Pset_obj_track_times(creation.identifier, false) >= 0,
                H5Pset_userblock(creation.identifier, hsize_t(Seal.byteCount)) >= 0
            else { throw failure(.unwritable, path, "cannot prepare creating the file") }
            let identifier = H5Fcreate(
                path, CHDF5Truncating(), creation.identifier, access.identifier)
            guard identifier >= 0 else {
                throw failure(.unwritable, path, "cannot create the file")
            }
            return HDF5File(path: path, byteCount: 0, identifier: identifier)
        }
    }

    deinit {
        HDF5Library.locked { if H5Iis_valid(identifier) > 0 { _ = H5Fclose(identifier) } }
    }

    /// Closes the file, a new one after writing what is still in memory and sealing it; using the
    /// file afterwards throws.
    ///
    /// Throws: when not everything could be written, for example because the disk is full.
    public func close() throws(CheckpointError) {
        try closeLibraryFile()
        if isNew { try Seal.write(to: path, leaving: nil) }
    }

    /// Closes a new file, its seal not covering the numbers of a contiguous dataset.
    func close(leavingUnsealed member: String) throws(CheckpointError) {
        let place = try place(of: member)
        try closeLibraryFile()
        try Seal.write(to: path, leaving: place)
    }

    private func closeLibraryFile() throws(CheckpointError) {
        try HDF5Library.locked { () throws(CheckpointError) in
            let isFlushed = H5Fflush(identifier, H5F_SCOPE_LOCAL) >= 0
            let reason = isFlushed ? nil : HDF5Library.reason()
            guard H5Fclose(identifier) >= 0, isFlushed else {
                throw CheckpointError(
                    .unwritable, subject: path, detail: "cannot finish writing the file",
                    hint: "check the free space", cause: reason ?? HDF5Library.reason())
            }
        }
    }

    /// Creates a group; the groups above it must exist.
    public func createGroup(_ member: String) throws(CheckpointError) {
        try checkName(member)
        try HDF5Library.locked { () throws(CheckpointError) in
            guard let creation = HDF5Handle(H5Pcreate(CHDF5GroupCreation())),
                H5Pset_obj_track_times(creation.identifier, false) >= 0,
                let group = HDF5Handle(
                    H5Gcreate2(
                        identifier, member, CHDF5Default(), creation.identifier, CHDF5Default())),
                group.isReleased()
            else { throw failure(.unwritable, member, "cannot create the group") }
        }
    }

    /// The names of a group's members, sorted; `/` is the group at the top.
    ///
    /// Throws: when there is no such group, or it claims more members than the file could hold.
    public func members(of group: String) throws(CheckpointError) -> [String] {
        try HDF5Library.locked { () throws(CheckpointError) -> [String] in
            let handle = try openObject(group, type: H5I_GROUP)
            var information = H5G_info_t()
            guard H5Gget_info(handle.identifier, &information) >= 0 else {
                throw failure(.damaged, group, "cannot read the group")
            }
            guard information.nlinks <= hsize_t(byteCount) else {
                throw damaged(group, "the group claims \(information.nlinks) members")
            }
            var names: [String] = []
            for position in 0..<information.nlinks {
                names.append(try memberName(in: handle.identifier, of: group, at: position))
            }
            return names
        }
    }

    /// Opens a group or dataset whose path leads through this file only.
    func openObject(
        _ member: String, type: H5I_type_t
    ) throws(CheckpointError) -> HDF5Handle {
        var prefix = ""
        for part in member.split(separator: "/") {
            prefix += prefix.isEmpty ? "\(part)" : "/\(part)"
            var link = H5L_info_t()
            guard H5Lexists(identifier, prefix, CHDF5Default()) > 0 else {
                throw CheckpointError(
                    .missing, subject: "\(path): \(member)",
                    detail: "the file has no \(prefix)",
                    hint: "check that this is the right file, written by this version")
            }
            guard H5Lget_info(identifier, prefix, &link, CHDF5Default()) >= 0,
                link.type == H5L_TYPE_HARD
            else { throw damaged(member, "\(prefix) is a link to something else") }
        }
        guard let handle = HDF5Handle(H5Oopen(identifier, member, CHDF5Default())) else {
            throw failure(.damaged, member, "cannot open it")
        }
        guard H5Iget_type(handle.identifier) == type else {
            let expected = type == H5I_GROUP ? "group" : "dataset"
            throw CheckpointError(
                .mismatched, subject: "\(path): \(member)", detail: "this is not a \(expected)",
                hint: "check that this is the right file, written by this version")
        }
        return handle
    }

    private func memberName(
        in handle: hid_t, of group: String, at position: hsize_t
    ) throws(CheckpointError) -> String {
        func copy(_ target: UnsafeMutableBufferPointer<CChar>?) -> Int {
            H5Lget_name_by_idx(
                handle, ".", H5_INDEX_NAME, H5_ITER_INC, position, target?.baseAddress,
                target?.count ?? 0, CHDF5Default())
        }
        let length = copy(nil)
        guard length > 0, length <= Self.longestName else {
            throw damaged(group, "the name of member \(position) is unreadable")
        }
        var bytes = [CChar](repeating: 0, count: length + 1)
        guard bytes.withUnsafeMutableBufferPointer({ copy($0) }) == length,
            let name = String(
                validating: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        else { throw damaged(group, "the name of member \(position) is unreadable") }
        return name
    }

    private static func fileAccess() -> HDF5Handle? {
        guard let access = HDF5Handle(H5Pcreate(CHDF5FileAccess())),
            // One format, whichever version of the library writes.
            H5Pset_libver_bounds(access.identifier, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0,
            // Files never change once they have their name; locks only fail on network folders.
            H5Pset_file_locking(access.identifier, false, true) >= 0,
            H5Pset_fclose_degree(access.identifier, H5F_CLOSE_STRONG) >= 0
        else { return nil }
        return access
    }
}
