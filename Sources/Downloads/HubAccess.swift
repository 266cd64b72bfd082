internal import Foundation

/// Where a hub is, and who asks.
public struct HubAccess: Sendable, Equatable {
    /// The base address of the hub or of a mirror, without a slash at its end.
    public let endpoint: String
    /// What shows who asks, for models whose terms have to be accepted; nil for nobody.
    let token: String?

    /// The hub that everybody uses.
    public static let standardEndpoint = "https://huggingface.co"

    /// Takes an address and a token.
    ///
    /// Throws: `HubError` when the address is none of HTTP, or the token could not stand in a header
    public init(endpoint: String = HubAccess.standardEndpoint, token: String? = nil) throws {
        var trimmed = endpoint
        while trimmed.last == "/" { trimmed.removeLast() }
        let url = URL(string: trimmed)
        guard let scheme = url?.scheme?.lowercased(), ["http", "https"].contains(scheme),
            url?.host?.isEmpty == false
        else {
            throw HubError(
                .request, "HF_ENDPOINT", "'\(endpoint)' is no address of a hub",
                hint: "expected one like \(Self.standardEndpoint)")
        }
        if let token, token.isEmpty || !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw HubError(
                .request, "HF_TOKEN", "the token is empty or holds more than letters and signs",
                hint: "copy it again from \(trimmed)/settings/tokens")
        }
        self.endpoint = trimmed
        self.token = token
    }

    /// Takes `HF_ENDPOINT` and `HF_TOKEN`, or else the token that `hf auth login` has kept in
    /// `HF_TOKEN_PATH`, `HF_HOME` or the user's cache folder.
    ///
    /// Source: huggingface_hub's documentation, "Environment variables"
    /// Throws: `HubError` when one of them cannot be used
    public init(environment: [String: String], homeFolder: String) throws {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let caches = value("XDG_CACHE_HOME") ?? "\(homeFolder)/.cache"
        let folder = value("HF_HOME") ?? "\(caches)/huggingface"
        let path = value("HF_TOKEN_PATH") ?? "\(folder)/token"
        let kept = FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self)
        }
        let token = (value("HF_TOKEN") ?? kept)?.trimmingCharacters(in: .whitespacesAndNewlines)
        try self.init(
            endpoint: value("HF_ENDPOINT") ?? Self.standardEndpoint,
            token: token?.isEmpty == false ? token : nil)
    }

    /// The address of a path, whose components are written as they are.
    func url(_ components: [String], query: String? = nil) throws -> URL {
        let unreserved = CharacterSet(
            charactersIn:
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let path = components.map {
            $0.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
        }
        let text = "\(endpoint)/\(path.joined(separator: "/"))\(query.map { "?\($0)" } ?? "")"
        guard let url = URL(string: text) else {
            throw HubError(.request, text, "is no address", hint: "check HF_ENDPOINT")
        }
        return url
    }

    /// Whether an address is the hub's own, which alone may see the token.
    func isOwn(_ url: URL) -> Bool {
        guard let own = URL(string: endpoint) else { return false }
        return own.scheme?.lowercased() == url.scheme?.lowercased()
            && own.host?.lowercased() == url.host?.lowercased() && own.port == url.port
    }
}
