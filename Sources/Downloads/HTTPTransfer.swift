internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// The head of an answer.
struct HTTPHead: Sendable {
    let status: Int
    /// By lower-case names.
    let headers: [String: String]

    fileprivate init(_ response: HTTPURLResponse) {
        status = response.statusCode
        var headers: [String: String] = [:]
        for (name, value) in response.allHeaderFields {
            if let name = name as? String, let value = value as? String {
                headers[name.lowercased()] = value
            }
        }
        self.headers = headers
    }

    /// Where the answer sends the asker on to; nil when it is the last one.
    func redirection(from url: URL) -> URL? {
        guard (300..<400).contains(status), let place = headers["location"] else { return nil }
        return URL(string: place, relativeTo: url)?.absoluteURL
    }

    /// Whether the body is what was asked for.
    var hasContents: Bool { status == 200 || status == 206 }
}

/// One request, whose body is handed on as it comes. Redirections are not followed.
final class HTTPTransfer: NSObject, URLSessionDataDelegate, Sendable {
    /// Takes a piece of the body.
    typealias Receiver = @Sendable (HTTPHead, Data) throws -> Void

    private struct State {
        var continuation: CheckedContinuation<HTTPHead, any Error>?
        var head: HTTPHead?
        var failure: (any Error)?
    }

    /// Seconds without any news after which a transfer is given up.
    private static let patienceSeconds = 60.0

    private let state = Mutex(State())
    private let receive: Receiver

    private init(receive: @escaping Receiver) {
        self.receive = receive
    }

    /// Makes a request and returns the head of its answer; `receive` sees bodies with contents only.
    ///
    /// Throws: what `receive` throws, or what the network says
    static func run(
        _ request: URLRequest, receive: @escaping Receiver
    ) async throws -> HTTPHead {
        let settings = URLSessionConfiguration.ephemeral
        settings.timeoutIntervalForRequest = patienceSeconds
        settings.httpCookieStorage = nil
        settings.urlCache = nil
        let transfer = HTTPTransfer(receive: receive)
        let session = URLSession(configuration: settings, delegate: transfer, delegateQueue: nil)
        let task = session.dataTask(with: request)
        defer { session.finishTasksAndInvalidate() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfer.state.withLock { $0.continuation = continuation }
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        state.withLock { $0.head = HTTPHead(response) }
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? HTTPURLResponse {
            state.withLock { $0.head = HTTPHead(response) }
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let head = state.withLock { $0.failure == nil ? $0.head : nil }
        guard let head, head.hasContents else { return }
        do {
            try receive(head, data)
        } catch {
            state.withLock { $0.failure = error }
            dataTask.cancel()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        let (continuation, result) = state.withLock { state in
            let continuation = state.continuation
            state.continuation = nil
            let failure = state.failure ?? error
            let result: Result<HTTPHead, any Error> =
                if let failure {
                    .failure(failure)
                } else if let head = state.head {
                    .success(head)
                } else {
                    .failure(URLError(.badServerResponse))
                }
            return (continuation, result)
        }
        continuation?.resume(with: result)
    }
}
