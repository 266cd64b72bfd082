internal import Foundation

/// Which of a model's files are fetched.
enum HubSelection {
    /// Files that are not weights and belong to a model all the same.
    private static let settings = ["*.json", "*.txt", "*.model", "*.jinja"]
    private static let terms = ["README*", "LICEN[CS]E*", "NOTICE*", "USE_POLICY*"]

    /// The files that some patterns match; without any, what a recipe needs: settings, tokenizer and
    /// terms at the top, and the weights in safetensors, or the one GGUF file.
    ///
    /// Throws: `HubError` when a pattern matches nothing, or there are no such weights or several
    static func files(
        of listing: HubListing, matching patterns: [String], model: String
    ) throws -> [HubFile] {
        if patterns.isEmpty { return try standard(listing, model) }
        for pattern in patterns {
            guard listing.files.contains(where: { matches($0.path, pattern) }) else {
                throw HubError(
                    .request, model,
                    "no file matches '\(pattern)'; it holds "
                        + names(listing.files), hint: "check the pattern")
            }
        }
        return listing.files.filter { file in patterns.contains { matches(file.path, $0) } }
    }

    private static func standard(_ listing: HubListing, _ model: String) throws -> [HubFile] {
        let top = listing.files.filter { !$0.path.contains("/") }
        let texts = top.filter { file in
            (settings + terms).contains { matches(file.path, $0) }
        }
        let safetensors = top.filter { matches($0.path, "*.safetensors") }
        if !safetensors.isEmpty {
            let model = safetensors.filter {
                $0.path == "model.safetensors" || matches($0.path, "model-*-of-*.safetensors")
            }
            return texts + (model.isEmpty ? safetensors : model)
        }
        let gguf = top.filter { matches($0.path, "*.gguf") }
        if gguf.count == 1 { return texts + gguf }
        guard gguf.isEmpty else {
            throw HubError(
                .request, model, "holds \(gguf.count) GGUF files: \(names(gguf))",
                hint: "name one with --include")
        }
        throw HubError(
            .request, model, "holds no safetensors and no GGUF file; it holds \(names(top))",
            hint: "look for a revision or another model with safetensors")
    }

    private static func names(_ files: [HubFile]) -> String {
        let paths = files.map(\.path)
        let some = paths.prefix(20).joined(separator: ", ")
        return paths.count > 20 ? "\(some) and \(paths.count - 20) more" : some
    }

    /// Whether a path matches a shell's pattern, in which `*` stands for slashes, too.
    private static func matches(_ path: String, _ pattern: String) -> Bool {
        fnmatch(pattern, path, 0) == 0
    }
}
