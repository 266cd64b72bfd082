internal import Files
internal import Foundation
internal import Synchronization

/// How a file is asked for.
package struct TransferSettings: Sendable {
    /// Bytes asked for at a time, which bounds what waits in memory for a slow disk.
    package var pieceByteCount = 1 << 26
    /// Requests in a row that may bring nothing before the transfer is given up.
    package var attemptLimit = 5
    /// The pause after the first of them; it doubles each time.
    package var firstPause = Duration.seconds(1)

    package init() {}
}

/// Fetches one file piece by piece, goes on where a transfer broke off, and gives it its name once its
/// digest is right.
struct FileTransfer: Sendable {
    let connection: HubConnection
    let url: URL
    let file: HubFile
    /// Where it is put.
    let place: String
    let settings: TransferSettings

    /// Fetches what is missing; `advance` is told how many bytes are there.
    ///
    /// Throws: `HubError` or `FileError`; what has come is kept unless its digest is wrong
    func run(advance: @escaping @Sendable (Int) -> Void) async throws {
        if isComplete(at: place) { return advance(file.byteCount) }
        let partial = try PartialFile(for: file, at: place)
        advance(partial.count)
        var failureCount = 0
        while partial.count < file.byteCount {
            let before = partial.count
            do {
                try await fetchPiece(into: partial, advance)
                if partial.count > before { failureCount = 0; continue }
                throw HubError(
                    .network, place, "the hub sends nothing after \(before) bytes",
                    hint: "run it again to go on")
            } catch let error as HubError where error.kind == .network {
                failureCount = partial.count > before ? 1 : failureCount + 1
                guard failureCount < settings.attemptLimit else { throw error }
                try await Task.sleep(for: settings.firstPause * (1 << (failureCount - 1)))
            }
        }
        let found = try digest(of: partial.path)
        guard found == file.digest.text else {
            partial.remove()
            throw HubError(
                .damaged, place,
                "what came has the digest \(found), expected \(file.digest.text); nothing was kept",
                hint: "try again, or another mirror by HF_ENDPOINT")
        }
        try DurableFile.publish(partial.path, as: place)
    }

    /// Asks for the next piece; a hub that sends the whole file instead is listened to from the start.
    private func fetchPiece(
        into partial: PartialFile, _ advance: @escaping @Sendable (Int) -> Void
    ) async throws {
        let start = partial.count
        let end = min(file.byteCount, start + settings.pieceByteCount)
        let isFirst = Mutex(true)
        let place = place
        _ = try await connection.get(url, bytes: start..<end, subject: place) { head, data in
            let begins = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if begins, head.status == 200, start > 0 { try partial.restart() }
            if begins, head.status == 206 {
                let range = head.headers["content-range"] ?? "no range"
                guard range.hasPrefix("bytes \(start)-") else {
                    throw HubError(
                        .damaged, place, "the hub sends \(range), asked for \(start)-\(end - 1)",
                        hint: "try another mirror by HF_ENDPOINT")
                }
            }
            try partial.append(data)
            advance(partial.count)
        }
    }

    private func isComplete(at path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.size] as? Int == file.byteCount else { return false }
        return (try? digest(of: path)) == file.digest.text
    }

    private func digest(of path: String) throws -> String {
        switch file.digest {
        case .sha256: try SHA256.hexDigest(ofFile: path)
        case .gitBlob: try SHA1.gitBlobName(ofFile: path)
        }
    }
}
