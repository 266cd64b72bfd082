import Foundation
import Media
import WeightFiles

/// What was found in a file or folder.
package enum Inspection: Sendable, Encodable {
    case checkpoint(CheckpointInspection)
    case run(RunInspection)
    case weights(WeightInspection)
    case media(MediaInspection)

    /// The first bytes of an HDF5 file.
    ///
    /// Source: HDF5 File Format Specification, section II.A
    private static let signatureOfHDF5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Looks at what lies at a path; the content decides, not the name.
    ///
    /// Throws: `CommandFailure` when nothing is there or nothing is recognised; the reader's own
    /// error when a file of a known format is broken
    package static func of(_ path: String) throws -> Inspection {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure(.inputOutput, path, "does not exist", hint: "check the path")
        }
        if isFolder.boolValue {
            return try RunInspection.isRun(path)
                ? .run(RunInspection(path)) : .weights(WeightInspection(path))
        }
        if try isHDF5(path) {
            return .checkpoint(try CheckpointInspection(path))
        }
        do {
            return .weights(try WeightInspection(path))
        } catch let error as WeightFileError where error.kind == .unrecognised {
            return try media(path)
        }
    }

    private static func media(_ path: String) throws -> Inspection {
        do {
            return .media(try MediaInspection(path))
        } catch let error as MediaError where error.kind == .unrecognized {
            throw CommandFailure(
                .data, path,
                "is of no known format; expected a checkpoint, weights, a picture, a video or a "
                    + "sound",
                hint: "check that it is whole, and the file you mean")
        }
    }

    /// Whether the signature stands at the start, or after a first block of 512 bytes that HDF5
    /// leaves to programs, as duet's own files have it.
    private static func isHDF5(_ path: String) throws -> Bool {
        let start: [UInt8]
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            start = Array(try file.read(upToCount: 512 + signatureOfHDF5.count) ?? Data())
        } catch {
            throw CommandFailure(
                .inputOutput, path, "cannot be read", hint: "check its permissions")
        }
        return start.starts(with: signatureOfHDF5)
            || start.dropFirst(512).starts(with: signatureOfHDF5)
    }

    /// What was found, as aligned lines.
    package var text: String {
        switch self {
        case .checkpoint(let found): found.text
        case .run(let found): found.text
        case .weights(let found): found.text
        case .media(let found): found.text
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .checkpoint(let found): try found.encode(to: encoder)
        case .run(let found): try found.encode(to: encoder)
        case .weights(let found): try found.encode(to: encoder)
        case .media(let found): try found.encode(to: encoder)
        }
    }
}
