internal import Files
internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// Requests to a hub: follows its redirections, shows the token to the hub alone, and says what a
/// refusal means.
struct HubConnection: Sendable {
    let access: HubAccess
    /// `OWNER/NAME`, for messages.
    let model: String

    private static let redirectionLimit = 10
    /// A listing of a hundred thousand files has about this size.
    private static let listingByteLimit = 1 << 26

    /// Asks for a part of a file, or for the whole; `receive` takes the pieces of its body.
    ///
    /// Throws: `HubError`, also for what the network says; what `receive` throws
    func get(
        _ start: URL, bytes: Range<Int>? = nil, subject: String,
        receive: @escaping HTTPTransfer.Receiver
    ) async throws -> HTTPHead {
        var url = start
        for _ in 0..<Self.redirectionLimit {
            var request = URLRequest(url: url)
            request.setValue("duet", forHTTPHeaderField: "User-Agent")
            request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
            if let bytes {
                request.setValue(
                    "bytes=\(bytes.lowerBound)-\(bytes.upperBound - 1)",
                    forHTTPHeaderField: "Range")
            }
            if let token = access.token, access.isOwn(url) {
                request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            }
            let head: HTTPHead
            do {
                head = try await HTTPTransfer.run(request, receive: receive)
            } catch {
                if error is HubError || error is FileError || error is CancellationError {
                    throw error
                }
                throw HubError(
                    .network, subject,
                    "\(url.host ?? "the hub") does not answer as it should: "
                        + error.systemReason,
                    hint: "check the network and HF_ENDPOINT, then run it again to go on")
            }
            guard let next = head.redirection(from: url) else {
                try check(head, subject: subject)
                return head
            }
            guard ["http", "https"].contains(next.scheme?.lowercased()) else {
                throw HubError(
                    .network, subject, "is sent on to \(next.absoluteString)",
                    hint: "check HF_ENDPOINT")
            }
            url = next
        }
        throw HubError(
            .network, subject, "is sent on more than \(Self.redirectionLimit) times",
            hint: "check HF_ENDPOINT")
    }

    /// The body of an answer that is not large.
    func data(_ url: URL, subject: String) async throws -> Data {
        let body = Mutex(Data())
        _ = try await get(url, subject: subject) { _, piece in
            try body.withLock { body in
                guard body.count + piece.count <= Self.listingByteLimit else {
                    throw HubError(
                        .network, subject,
                        "the listing is longer than "
                            + "\(Self.listingByteLimit) bytes", hint: "check HF_ENDPOINT")
                }
                body += piece
            }
        }
        return body.withLock { $0 }
    }

    private func check(_ head: HTTPHead, subject: String) throws {
        if head.hasContents { return }
        let page = "\(access.endpoint)/\(model)"
        let reason = head.headers["x-error-message"].map { " (\($0))" } ?? ""
        let isGated = head.headers["x-error-code"] == "GatedRepo"
        switch head.status {
        case 401 where access.token == nil:
            throw HubError(
                .denied, subject,
                "the hub wants to know who asks, which it does of models with terms to accept and "
                    + "of names that it does not know\(reason)",
                hint: "check the name; accept the terms on \(page) and set HF_TOKEN, or run "
                    + "`hf auth login`")
        case 401:
            throw HubError(
                .denied, subject, "the hub does not take this token, or has no such model\(reason)",
                hint: "check the name, and HF_TOKEN or `hf auth whoami`")
        case 403:
            throw HubError(
                .denied, subject,
                (isGated || access.token == nil ? "its terms are not accepted yet" : "is refused")
                    + reason,
                hint: "accept the terms on \(page), and set HF_TOKEN to a token of that account")
        case 404:
            throw HubError(
                .missing, subject, "the hub has no such thing\(reason)",
                hint: "check the name, the revision and HF_ENDPOINT; see \(page)")
        default:
            throw HubError(
                .network, subject, "the hub answers with status \(head.status)\(reason)",
                hint: "try again later, or another mirror by HF_ENDPOINT")
        }
    }
}
