import Foundation

/// Pretrained files in the user's cache, where `Scripts/fetch-assets` puts them.
public enum Assets {
    private struct Table: Decodable {
        struct Entry: Decodable {
            let file: String
            let sha256: String
        }

        let models: [String: Entry]
    }

    /// The path of a model named in `Data/assets.json`, or nil when it hasn't been fetched.
    public static func path(_ name: String) -> String? {
        let url = Fixtures.projectRoot.appendingPathComponent("Data/assets.json")
        guard let data = try? Data(contentsOf: url),
            let entry = try? JSONDecoder().decode(Table.self, from: data).models[name]
        else { return nil }
        let environment = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? ""
        let cache =
            environment.isEmpty
            ? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
            : URL(fileURLWithPath: environment)
        let file = cache.appendingPathComponent("duet/assets/\(entry.sha256)/\(entry.file)")
        return FileManager.default.fileExists(atPath: file.path) ? file.path : nil
    }
}
