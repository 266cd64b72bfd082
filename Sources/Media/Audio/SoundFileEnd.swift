import Files
import Foundation

/// Finds sound files that were cut off, which libsndfile reads without complaint.
///
/// A RIFF/WAVE file declares the length of its data and an Ogg page its own; real Ogg files do not always
/// mark their last page. Other formats declare a count of samples, which `SoundFile` compares.
enum SoundFileEnd {
    /// Checks a file's end and returns its first bytes, which tell its format.
    static func check(_ path: String) throws(MediaError) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw MediaError(.missing, path, "cannot be read", hint: "check the permissions")
        }
        defer { try? file.close() }
        let isCutOff: Bool
        let head: [UInt8]
        do {
            let size = try file.seekToEnd()
            try file.seek(toOffset: 0)
            head = [UInt8](try file.read(upToCount: 12) ?? Data())
            if head.starts(with: Array("RIFF".utf8)), head.dropFirst(8).elementsEqual("WAVE".utf8) {
                isCutOff = try endsInsideData(file, size: size)
            } else if head.starts(with: Array("OggS".utf8)) {
                isCutOff = try endsInsidePage(file, size: size)
            } else {
                isCutOff = false
            }
        } catch {
            throw MediaError(
                .missing, path, "cannot be read: \(error.systemReason)",
                hint: "check the disk")
        }
        guard !isCutOff else {
            throw MediaError(
                .truncated, path, "ends before the sound it declares", hint: "copy the file again")
        }
        return head
    }

    /// Whether a WAVE file's data chunk reaches beyond the file.
    private static func endsInsideData(_ file: FileHandle, size: UInt64) throws -> Bool {
        var offset: UInt64 = 12
        while offset + 8 <= size {
            try file.seek(toOffset: offset)
            let head = [UInt8](try file.read(upToCount: 8) ?? Data())
            guard head.count == 8 else { return true }
            let length = head[4...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if head.starts(with: Array("data".utf8)) {
                // Recorders that stream leave the length at its largest.
                return length < 0xFFFF_FF00 && offset + 8 + length > size
            }
            offset += 8 + length + length % 2
        }
        return true
    }

    /// Whether the last page of an Ogg file reaches beyond the file.
    ///
    /// Source: RFC 3533, section 6; a page holds at most 65,307 bytes
    private static func endsInsidePage(_ file: FileHandle, size: UInt64) throws -> Bool {
        let reach = min(size, 65_307 * 2)
        try file.seek(toOffset: size - reach)
        let tail = [UInt8](try file.read(upToCount: Int(reach)) ?? Data())
        let mark = Array("OggS".utf8)
        guard tail.count >= 27 else { return true }
        for start in stride(from: tail.count - 27, through: 0, by: -1)
        where tail[start] == mark[0] && tail[start..<start + 4].elementsEqual(mark) {
            let segmentCount = Int(tail[start + 26])
            guard start + 27 + segmentCount <= tail.count else { return true }
            let body = tail[start + 27..<start + 27 + segmentCount].reduce(0) { $0 + Int($1) }
            return start + 27 + segmentCount + body > tail.count
        }
        return true
    }
}
