import Foundation

/// Compares this program with the references in a folder: everything that a reference program computed
/// from the same inputs is computed here again.
///
/// A fixture is a folder or a file whose name begins with its kind (`llama_tiny`, `clip_vision_7`). Sizes,
/// settings and weights are read from it.
public struct Verifier {
    /// Finds a pretrained file by its name, for references that name one which they don't hold.
    private let pretrained: (String) -> String?
    private let folder: String

    /// The verifier of a folder.
    public init(folder: String, pretrained: @escaping (String) -> String? = { _ in nil }) {
        self.folder = folder
        self.pretrained = pretrained
    }

    /// Runs every fixture, in the order of their names.
    ///
    /// A fixture that can't be compared is a row that says why.
    /// Throws: `VerificationError` when the folder can't be read or holds no fixture
    public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws
        -> VerificationReport
    {
        let fixtures = try fixtures()
        var rows: [VerificationRow] = []
        for (index, fixture) in fixtures.enumerated() {
            progress(index, fixtures.count)
            rows += self.rows(of: fixture)
        }
        progress(fixtures.count, fixtures.count)
        return VerificationReport(rows: rows)
    }

    /// Texts about the fixtures, which are none themselves.
    private static let descriptions: Set<String> = ["README.md", "manifest.json"]

    private func fixtures() throws -> [Fixture] {
        func problem(_ detail: String) -> VerificationError {
            VerificationError(
                subject: folder, detail: detail,
                hint: "name a folder of fixtures, such as Tests/Fixtures/parity")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw problem("is no folder that can be read")
        }
        let fixtures = names.sorted().compactMap { name -> Fixture? in
            guard !name.hasPrefix("."), !Self.descriptions.contains(name) else { return nil }
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(name)"
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            let stem = (name as NSString).deletingPathExtension
            return Fixture(
                name: isFolder.boolValue ? name : stem, path: path, isFolder: isFolder.boolValue,
                parent: folder)
        }
        guard !fixtures.isEmpty else { throw problem("holds no fixture") }
        return fixtures
    }

    /// The rows of one fixture.
    package func rows(of fixture: Fixture) -> [VerificationRow] {
        var list = Checklist(fixture: fixture.name)
        do {
            try check(fixture, &list)
        } catch {
            list.addFailure(list.rows.isEmpty ? "–" : "the rest", "\(error)")
        }
        return list.rows
    }

    /// The rows of one fixture of the folder, by its name without an extension.
    package func rows(ofFixture name: String) throws -> [VerificationRow] {
        guard let fixture = try fixtures().first(where: { $0.name == name }) else {
            throw VerificationError(
                subject: "\(folder)/\(name)", detail: "there is no such fixture",
                hint: "name one that lies there")
        }
        return rows(of: fixture)
    }

    private func check(_ fixture: Fixture, _ list: inout Checklist) throws {
        switch fixture.kind {
        case .language, .qwen2: try fixture.checkLanguageModel(&list)
        case .adapterBase: try fixture.checkLanguageWeights(&list)
        case .adapter: try fixture.checkAdapter(&list)
        case .adapterTraining: try fixture.checkAdapterTraining(&list)
        case .audioVisualTraining: try fixture.checkAudioVisualTraining(&list)
        case .gguf: try fixture.checkGGUF(&list)
        case .quantisation: try fixture.checkQuantisation(&list)
        case .tokenizer: try fixture.checkTokenizer(&list, pretrained: pretrained)
        case .schedules: try fixture.checkSchedules(&list)
        case .whisper: try fixture.checkWhisper(&list)
        case .whisperFeatures: try fixture.checkWhisperFeatures(&list)
        case .whisperFilters: try fixture.checkWhisperFilters(&list)
        case .clip: try fixture.checkCLIP(&list)
        case .clipPreprocessing: try fixture.checkCLIPPreprocessing(&list)
        case .sigLIP: try fixture.checkSigLIP(&list)
        case .clap: try fixture.checkCLAP(&list)
        case .clapFeatures: try fixture.checkCLAPFeatures(&list)
        case .clapFilters: try fixture.checkCLAPFilters(&list)
        case nil: list.addFailure("–", "of no known kind")
        }
    }
}
