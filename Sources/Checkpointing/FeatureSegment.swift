import Files
import Foundation

/// One immutable file of features: written whole, then only read.
struct FeatureSegment: Sendable {
    /// Features that wait to be written.
    struct Pending: Sendable {
        let key: FeatureKey
        let origin: FeatureOrigin?
        let shape: [Int]
        let bytes: [UInt8]
    }

    /// Where the features of a key lie.
    struct Entry: Sendable {
        let shape: [Int]
        /// The first byte, counted from the start of the file.
        let position: Int
        let byteCount: Int
        let checksum: UInt64
    }

    private static let format = "duet-features"
    private static let formatVersion: Int64 = 1
    static let longestShape = 8
    /// What fills the shape of an entry up to the length of the longest.
    private static let noAxis: Int64 = -1

    /// The file.
    let path: String
    /// The type of the numbers.
    let storage: FeatureStorage
    /// What is in the file.
    let entries: [FeatureKey: Entry]

    /// Opens a file and reads where everything lies.
    init(path: String) throws(CheckpointError) {
        let file = try HDF5File.open(path)
        let attributes = try file.attributes(of: "/")
        guard attributes["format"] == .text(Self.format),
            attributes["format_version"] == .integer(Self.formatVersion)
        else {
            throw CheckpointError(
                .unsupported, subject: path,
                detail: "this is not a feature file of version \(Self.formatVersion)",
                hint: "delete it; its features are computed again")
        }
        let scalars = try file.information(of: "scalars")
        let storage = FeatureStorage.allCases.first { $0.scalarType == scalars.type }
        guard let storage, scalars.shape.count == 1 else {
            throw file.damaged("scalars", "one row of float16 or float32 was expected")
        }
        self.path = path
        self.storage = storage
        entries = try Self.entries(of: file, scalars)
    }

    /// Writes features to a new file in `folder`, named by what is in it.
    static func write(
        _ pending: [Pending], as storage: FeatureStorage, in folder: String
    ) throws(CheckpointError) -> FeatureSegment {
        let rank = pending.map(\.shape.count).max() ?? 0
        let keys = pending.flatMap(\.key.digest)
        let shapes = pending.flatMap { entry in
            entry.shape.map { Int64($0) }
                + [Int64](repeating: noAxis, count: rank - entry.shape.count)
        }
        let checksums = pending.map { $0.bytes.withUnsafeBytes { WeightedSum.of($0) } }
        var hash = SHA256()
        hash.update(keys)
        shapes.withUnsafeBytes { hash.update($0) }
        checksums.withUnsafeBytes { hash.update($0) }
        let path = "\(folder)/segment-\(storage.rawValue)-\(hash.hexDigest().prefix(24)).h5"
        do {
            try DurableFile.write(to: path) { partial in
                let file = try HDF5File.create(partial)
                try file.write(.text(format), attribute: "format", of: "/")
                try file.write(.integer(formatVersion), attribute: "format_version", of: "/")
                try file.write(
                    StoredArray(shape: [pending.count, FeatureKey.byteCount], scalars: keys),
                    to: "keys")
                try file.write(
                    StoredArray(shape: [pending.count, rank], scalars: shapes), to: "shapes")
                try file.write(StoredArray(checksums), to: "checksums")
                let origins = try JSONEncoder().encode(pending.map(\.origin))
                try file.write(StoredArray(Array(origins)), to: "origins")
                try write(pending, as: storage, to: file)
                // The features carry checksums of their own, checked when they are read.
                try file.close(leavingUnsealed: "scalars")
            }
        } catch {
            throw CheckpointError(writing: path, error)
        }
        return try FeatureSegment(path: path)
    }

    /// Reads one entry and checks it.
    func read(_ entry: Entry) throws(CheckpointError) -> StoredArray<Float> {
        StoredArray(
            shape: entry.shape,
            scalars: try withBytes(of: entry) { FeatureEncoding.decode($0, as: storage) })
    }

    private func withBytes<Value>(
        of entry: Entry, _ body: (UnsafeRawBufferPointer) -> Value
    ) throws(CheckpointError) -> Value {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw damaged(String(cString: strerror(errno)).lowercased()) }
        defer { close(descriptor) }
        let value = withUnsafeTemporaryAllocation(
            byteCount: entry.byteCount, alignment: 16
        ) { buffer -> Value? in
            var filled = 0
            while filled < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                let count = pread(
                    descriptor, rest.baseAddress, rest.count, off_t(entry.position + filled))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return nil }
                filled += count
            }
            let bytes = UnsafeRawBufferPointer(buffer)
            guard WeightedSum.of(bytes) == entry.checksum else { return nil }
            return body(bytes)
        }
        guard let value else { throw damaged("its numbers were changed or cut off") }
        return value
    }

    /// Where the entries come from; none in files of versions that did not note it.
    func origins() throws(CheckpointError) -> [FeatureKey: FeatureOrigin] {
        let file = try HDF5File.open(path)
        guard try file.members(of: "/").contains("origins") else { return [:] }
        let keys = try file.read("keys", as: UInt8.self).scalars
        let bytes = try file.read("origins", as: UInt8.self).scalars
        let origins: [FeatureOrigin?]
        do {
            origins = try JSONDecoder().decode([FeatureOrigin?].self, from: Data(bytes))
        } catch {
            throw file.damaged("origins", "no list of origins as JSON")
        }
        var result: [FeatureKey: FeatureOrigin] = [:]
        for (index, origin) in origins.enumerated()
        where (index + 1) * FeatureKey.byteCount <= keys.count {
            let start = index * FeatureKey.byteCount
            result[FeatureKey(digest: Array(keys[start..<start + FeatureKey.byteCount]))] = origin
        }
        return result
    }

    /// The bytes of one entry as they are stored.
    func bytes(of entry: Entry) throws(CheckpointError) -> [UInt8] {
        try withBytes(of: entry) { Array($0) }
    }

    /// When the file was last used.
    var lastUse: Date {
        var status = stat()
        guard stat(path, &status) == 0 else { return .distantPast }
        let seconds = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
        return Date(timeIntervalSince1970: seconds)
    }

    /// Notes that the file is used now.
    func touch() {
        // The time of a file that cannot be touched only makes it leave earlier.
        _ = utimensat(AT_FDCWD, path, nil, 0)
    }

    private func damaged(_ detail: String) -> CheckpointError {
        CheckpointError(
            .damaged, subject: path, detail: "features cannot be read: \(detail)",
            hint: "delete this file; its features are computed again")
    }

    private static func write(
        _ pending: [Pending], as storage: FeatureStorage, to file: HDF5File
    ) throws(CheckpointError) {
        let bytes = pending.flatMap(\.bytes)
        switch storage {
        case .float16:
            let scalars = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float16.self)) }
            try file.write(StoredArray(scalars), to: "scalars", layout: .contiguous)
        case .float32:
            let scalars = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            try file.write(StoredArray(scalars), to: "scalars", layout: .contiguous)
        }
    }

    private static func entries(
        of file: HDF5File, _ scalars: HDF5File.DatasetInformation
    ) throws(CheckpointError) -> [FeatureKey: Entry] {
        let keys = try file.read("keys", as: UInt8.self)
        let shapes = try file.read("shapes", as: Int64.self)
        let checksums = try file.read("checksums", as: UInt64.self)
        let count = checksums.scalars.count
        guard checksums.shape == [count], keys.shape == [count, FeatureKey.byteCount],
            shapes.shape.count == 2, shapes.shape[0] == count, shapes.shape[1] <= longestShape
        else { throw file.damaged("keys", "keys, shapes and checksums do not match") }
        let rank = shapes.shape[1]
        var entries: [FeatureKey: Entry] = [:]
        var position = 0
        for index in 0..<count {
            let row = shapes.scalars[index * rank..<(index + 1) * rank].prefix { $0 != noAxis }
            guard let byteCount = byteCount(of: row, scalars, from: position) else {
                throw file.damaged("shapes", "the features are larger than the file")
            }
            let key = keys.scalars[
                index * FeatureKey.byteCount..<(index + 1) * FeatureKey.byteCount]
            entries[FeatureKey(digest: Array(key))] = Entry(
                shape: row.map { Int($0) }, position: (scalars.position ?? 0) + position,
                byteCount: byteCount, checksum: checksums.scalars[index])
            position += byteCount
        }
        return entries
    }

    /// The bytes of an entry; nil when it does not fit what is left of the numbers.
    private static func byteCount(
        of shape: ArraySlice<Int64>, _ scalars: HDF5File.DatasetInformation, from position: Int
    ) -> Int? {
        var total = Int64(scalars.type.byteCount)
        for length in shape {
            let (product, overflows) = total.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflows, product <= scalars.byteCount - position else {
                return nil
            }
            total = product
        }
        return Int(total) <= scalars.byteCount - position ? Int(total) : nil
    }
}
