import Downloads
import Files
import Foundation
import Synchronization

/// A hub on this machine with one model, `some/model`: it lists files with digests, answers small ones
/// itself, and sends on to another host's address for large ones.
final class LocalHub: Sendable {
    /// What goes wrong, by the path of a file.
    struct Faults: Sendable {
        /// Bytes after which the first answer about a file breaks off.
        var breaksOnceAfter: [String: Int] = [:]
        /// Files whose last byte is another than announced.
        var isDamaged: Set<String> = []
        /// Whether parts of files are asked for in vain.
        var ignoresRanges = false
        /// The token without which nothing is given.
        var token: String?
        /// Answers with this status before the real one.
        var busyCount = 0
    }

    static let commit = String(repeating: "c0", count: 20)
    let files: [String: Data]
    let large: Set<String>
    private let faults: Mutex<Faults>
    private let server: Mutex<LocalServer?> = Mutex(nil)

    init(
        _ files: [String: Data], large: Set<String> = [], faults: Faults = Faults()
    ) throws {
        self.files = files
        self.large = large
        self.faults = Mutex(faults)
        let running = try LocalServer { [weak self] request in
            self?.answer(request) ?? LocalServer.Response(status: 500)
        }
        server.withLock { $0 = running }
    }

    deinit { server.withLock { $0?.stop() } }

    var port: Int { server.withLock { $0?.port ?? 0 } }
    var requests: [LocalServer.Request] { server.withLock { $0?.requests ?? [] } }

    func change(_ body: (inout Faults) -> Void) { faults.withLock { body(&$0) } }

    /// How a program asks this hub for its model.
    func fetch(
        _ model: String = "some/model", revision: String = "main", matching patterns: [String] = [],
        token: String? = nil, pieceByteCount: Int = 1 << 20
    ) throws -> HubFetch {
        var settings = TransferSettings()
        settings.pieceByteCount = pieceByteCount
        settings.firstPause = .zero
        return try HubFetch(
            model: model, revision: revision, matching: patterns,
            access: HubAccess(endpoint: "http://127.0.0.1:\(port)/", token: token),
            settings: settings)
    }

    private func answer(_ request: LocalServer.Request) -> LocalServer.Response {
        let faults = faults.withLock { faults in
            let now = faults
            faults.busyCount = max(0, faults.busyCount - 1)
            return now
        }
        if faults.busyCount > 0 { return LocalServer.Response(status: 503) }
        if request.path.hasPrefix("/cdn/") { return contents(request, of: "/cdn/", faults) }
        if let token = faults.token, request.headers["authorization"] != "Bearer \(token)" {
            return LocalServer.Response(
                status: request.headers["authorization"] == nil ? 401 : 403,
                headers: ["X-Error-Code": "GatedRepo"])
        }
        let resolve = "/some/model/resolve/\(Self.commit)/"
        if request.path == "/api/models/some/model/revision/main?blobs=true" {
            return LocalServer.Response(body: listing)
        }
        guard request.path.hasPrefix(resolve) else {
            return LocalServer.Response(
                status: 404,
                headers: [
                    "X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id: x",
                ])
        }
        let name = String(request.path.dropFirst(resolve.count))
        if large.contains(name) {
            return LocalServer.Response(
                status: 302,
                headers: [
                    "Location": "http://localhost:\(port)/cdn/\(name)",
                    "X-Linked-Etag": "\"\(SHA256.hexDigest(of: files[name] ?? Data()))\"",
                ])
        }
        return contents(request, of: resolve, faults)
    }

    private func contents(
        _ request: LocalServer.Request, of prefix: String, _ faults: Faults
    ) -> LocalServer.Response {
        let name = String(request.path.dropFirst(prefix.count))
        guard var data = files[name] else { return LocalServer.Response(status: 404) }
        if faults.isDamaged.contains(name) { data[data.count - 1] ^= 1 }
        var response = LocalServer.Response(headers: ["ETag": "\"etag\""], body: data)
        if let range = request.headers["range"], !faults.ignoresRanges {
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap {
                Int($0)
            }
            guard ends.count == 2, ends[0] < data.count else {
                return LocalServer.Response(status: 416)
            }
            let end = min(ends[1], data.count - 1)
            response.status = 206
            response.headers["Content-Range"] = "bytes \(ends[0])-\(end)/\(data.count)"
            response.body = data[ends[0]...end]
        }
        response.breaksAfter = self.faults.withLock {
            $0.breaksOnceAfter.removeValue(forKey: name)
        }
        return response
    }

    private var listing: Data {
        let rows = files.sorted { $0.key < $1.key }.map { name, data -> String in
            let sha1 = Self.gitBlobName(data)
            let own = #""rfilename": "\#(name)", "size": \#(data.count), "blobId": "\#(sha1)""#
            guard large.contains(name) else { return "{\(own)}" }
            let sha256 = SHA256.hexDigest(of: data)
            return #"{\#(own), "lfs": {"sha256": "\#(sha256)", "size": \#(data.count), "#
                + #""pointerSize": 130}}"#
        }
        return Data(
            (#"{"id": "some/model", "sha": "\#(Self.commit)", "tags": ["license:mit"], "#
                + #""siblings": [\#(rows.joined(separator: ", "))]}"#).utf8)
    }

    private static func gitBlobName(_ data: Data) -> String {
        var hash = SHA1()
        hash.update(Data("blob \(data.count)".utf8) + [0] + data)
        return hash.hexDigest()
    }
}
