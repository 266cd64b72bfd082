import Files
import Foundation

/// A checksum over a whole file, kept in a block before the HDF5 part and checked before the library
/// sees any of it.
///
/// HDF5 1.10.8 checks the sums of its own structures too late: changing single bytes of a small file
/// made it free memory it never had. So a file reaches it only byte for byte as it was written.
/// HDF5 leaves this block, its "user block", to the program; other readers skip it.
///
/// The block holds, little-endian and 8 bytes each: a signature, the size of the file, start and
/// length of a range that is not covered (numbers with checksums of their own), and the checksum.
package enum Seal {
    /// The size of the block: the smallest HDF5 offers.
    package static let byteCount = 512

    /// `duethdf` and the version of this block.
    private static let signature: UInt64 = 0x0166_6468_7465_7564
    private static let fieldCount = 4

    /// Seals a file that is complete but for its first block.
    package static func write(
        to path: String, leaving uncovered: Range<Int>?
    ) throws(CheckpointError) {
        let file = try map(path)
        let range = uncovered ?? byteCount..<byteCount
        var fields = [signature, UInt64(file.byteCount)]
        fields += [UInt64(range.lowerBound), UInt64(range.count)]
        fields.append(checksum(of: file, fields, leaving: range))
        let block = fields.flatMap { field in
            withUnsafeBytes(of: field.littleEndian) { Array($0) }
        }
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(path) }
        defer { close(descriptor) }
        guard pwrite(descriptor, block, block.count, 0) == block.count else {
            throw unwritable(path)
        }
    }

    /// Checks a file and returns its size.
    ///
    /// Throws: when the file is missing, was not written by this program, is cut short or changed.
    static func check(_ path: String) throws(CheckpointError) -> Int {
        let file = try map(path)
        let fields = file.withBytes { bytes -> [UInt64] in
            guard bytes.count >= byteCount else { return [] }
            return (0...fieldCount).map { index in
                UInt64(littleEndian: bytes.load(fromByteOffset: 8 * index, as: UInt64.self))
            }
        }
        guard fields.first == signature else {
            throw damaged(path, "this is not an HDF5 file written by this program, or not whole")
        }
        guard fields[1] == UInt64(file.byteCount) else {
            throw damaged(
                path, "the file has \(file.byteCount) bytes; \(fields[1]) bytes were expected")
        }
        let (start, length) = (fields[2], fields[3])
        guard start >= UInt64(byteCount), start <= fields[1], length <= fields[1] - start,
            fields[fieldCount]
                == checksum(
                    of: file, Array(fields.prefix(fieldCount)),
                    leaving: Int(start)..<Int(start + length))
        else { throw damaged(path, "the file was changed after it was written") }
        return file.byteCount
    }

    /// The parts are added with odd weights, so that a change of any one of them shows.
    private static func checksum(
        of file: MappedFile, _ fields: [UInt64], leaving uncovered: Range<Int>
    ) -> UInt64 {
        file.withBytes { bytes in
            let before = WeightedSum.of(
                UnsafeRawBufferPointer(rebasing: bytes[byteCount..<uncovered.lowerBound]))
            let after = WeightedSum.of(
                UnsafeRawBufferPointer(rebasing: bytes[uncovered.upperBound...]))
            let own = fields.withUnsafeBytes { WeightedSum.of($0) }
            return own &+ 3 &* before &+ 5 &* after
        }
    }

    private static func map(_ path: String) throws(CheckpointError) -> MappedFile {
        do {
            return try MappedFile(path: path)
        } catch {
            throw CheckpointError(
                .unreadable, subject: path, detail: "cannot read the file",
                hint: "check the path and its permissions",
                cause: (error as? FileError)?.detail ?? "\(error)")
        }
    }

    private static func unwritable(_ path: String) -> CheckpointError {
        CheckpointError(
            .unwritable, subject: path, detail: "cannot seal the file",
            hint: "check the free space", cause: String(cString: strerror(errno)).lowercased())
    }

    private static func damaged(_ path: String, _ detail: String) -> CheckpointError {
        CheckpointError(
            .damaged, subject: path, detail: detail,
            hint: "use another copy of this file, or delete it and make it again")
    }
}
