internal import Foundation

/// A file of a model, as the hub announces it.
struct HubFile: Sendable, Equatable {
    /// How its contents are known.
    enum Digest: Sendable, Equatable {
        /// SHA-256 of a large file.
        case sha256(String)
        /// Git's name of a small one.
        case gitBlob(String)

        var text: String {
            switch self {
            case .sha256(let text), .gitBlob(let text): text
            }
        }
    }

    /// The path in the model.
    let path: String
    let byteCount: Int
    let digest: Digest
}

/// What a model holds at one commit.
///
/// Source: the hub's `/api/models/OWNER/NAME/revision/REVISION?blobs=true`, as huggingface_hub reads it
struct HubListing: Sendable {
    /// The commit, by which files are then asked for.
    let commit: String
    /// The licence that its card names, if it does.
    let licence: String?
    let files: [HubFile]

    private struct Answer: Decodable {
        struct File: Decodable {
            struct LargeFile: Decodable {
                let sha256: String
                let size: Int
            }
            let rfilename: String
            let size: Int?
            let blobId: String?
            let lfs: LargeFile?
        }
        let sha: String
        let tags: [String]?
        let siblings: [File]
    }

    /// Reads the hub's answer.
    ///
    /// Throws: `HubError` when it is none, or a file has no digest, or no path of its own
    init(json: Data, model: String) throws {
        func problem(_ detail: String) -> HubError {
            HubError(
                .network, model, detail,
                hint: "check HF_ENDPOINT; a mirror must list files as the hub does")
        }
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: json)
        } catch {
            throw problem("the hub's answer is no listing of a model's files")
        }
        guard Self.isHexadecimal(answer.sha, count: 40) else {
            throw problem("the hub names no commit")
        }
        commit = answer.sha
        licence =
            answer.tags?.lazy.compactMap { tag in
                tag.hasPrefix("license:") ? String(tag.dropFirst("license:".count)) : nil
            }.first
        files = try answer.siblings.map { file in
            guard Self.isInside(file.rfilename) else {
                throw problem("it lists a file '\(file.rfilename)' outside of the model")
            }
            if let large = file.lfs, Self.isHexadecimal(large.sha256, count: 64), large.size >= 0 {
                return HubFile(
                    path: file.rfilename, byteCount: large.size,
                    digest: .sha256(large.sha256.lowercased()))
            }
            guard let size = file.size, size >= 0, let blob = file.blobId,
                Self.isHexadecimal(blob, count: 40)
            else { throw problem("the hub gives no size and digest of \(file.rfilename)") }
            return HubFile(
                path: file.rfilename, byteCount: size, digest: .gitBlob(blob.lowercased()))
        }
    }

    private static func isHexadecimal(_ text: String, count: Int) -> Bool {
        text.utf8.count == count && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    /// Whether a path stays in the folder it is put in.
    private static func isInside(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.contains("\0") && !path.contains("\\")
            && parts.allSatisfy { !["", ".", ".."].contains($0) }
    }
}
