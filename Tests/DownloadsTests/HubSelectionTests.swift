import Downloads
import Foundation
import Testing

@Suite struct HubSelectionTests {
    private func paths(
        _ names: [String], matching patterns: [String] = []
    ) async throws -> [String] {
        let hub = try LocalHub(Dictionary(uniqueKeysWithValues: names.map { ($0, Data("x".utf8)) }))
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("downloads-tests-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await hub.fetch(matching: patterns).run(into: folder).paths.sorted()
    }

    @Test func shardsComeWithTheirIndex() async throws {
        let shards = [
            "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
        ]
        #expect(
            try await paths(shards + ["model.fp16.safetensors", "consolidated.safetensors"])
                == shards)
    }

    @Test func otherSafetensorsComeWhenThereIsNoModel() async throws {
        let names = ["adapter_config.json", "adapter_model.safetensors"]
        #expect(try await paths(names + ["adapter_model.bin"]) == names)
    }

    @Test func theOneGGUFFileComes() async throws {
        #expect(try await paths(["a.gguf", "README.md"]) == ["README.md", "a.gguf"])
    }

    @Test func patternsCountAlone() async throws {
        let names = ["a.Q4_K_M.gguf", "a.Q8_0.gguf", "config.json", "sub/b.gguf"]
        #expect(try await paths(names, matching: ["*Q8_0*"]) == ["a.Q8_0.gguf"])
        #expect(
            try await paths(names, matching: ["sub/*", "*.json"]) == ["config.json", "sub/b.gguf"])
    }

    @Test(arguments: [
        (["a.Q4_0.gguf", "a.Q8_0.gguf"], [], "holds 2 GGUF files: a.Q4_0.gguf, a.Q8_0.gguf"),
        (["pytorch_model.bin"], [], "holds no safetensors and no GGUF file"),
        (["a.gguf"], ["*.bin"], "no file matches '*.bin'; it holds a.gguf"),
    ])
    func whatCannotBeChosenIsSaid(
        _ names: [String], _ patterns: [String], _ detail: String
    ) async throws {
        let error = await #expect(throws: HubError.self) {
            try await paths(names, matching: patterns)
        }
        #expect(error?.kind == .request && error?.detail.hasPrefix(detail) == true)
    }

    @Test(arguments: ["../x", "/x", "a//b", "a/../../b", "."])
    func pathsOutsideOfTheModelAreRefused(_ path: String) async throws {
        let error = await #expect(throws: HubError.self) { try await paths([path, "a.gguf"]) }
        #expect(error?.detail.contains("outside of the model") == true)
    }

    @Test(arguments: ["model", "a/b/c", "a/", "../b", "a/b c", "a/.b"])
    func namesAreChecked(_ name: String) throws {
        let error = #expect(throws: HubError.self) {
            try HubFetch(model: name, access: HubAccess())
        }
        #expect(error?.kind == .request)
    }

    @Test func accessComesFromTheUsualPlaces() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("downloads-tests-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: "\(folder)/.cache/huggingface", withIntermediateDirectories: true)
        try Data("hf_kept\n".utf8).write(
            to: URL(fileURLWithPath: "\(folder)/.cache/huggingface/token"))
        func access(_ environment: [String: String]) throws -> HubAccess {
            try HubAccess(environment: environment, homeFolder: folder)
        }
        #expect(try access([:]) == HubAccess(token: "hf_kept"))
        #expect(try access(["HF_TOKEN": "hf_own"]) == HubAccess(token: "hf_own"))
        #expect(try access(["HF_HOME": "/nowhere"]) == HubAccess())
        #expect(
            try access(["HF_ENDPOINT": "https://mirror.example/", "HF_HOME": "/nowhere"])
                == HubAccess(endpoint: "https://mirror.example"))
        #expect(throws: HubError.self) { try access(["HF_ENDPOINT": "mirror"]) }
        #expect(throws: HubError.self) { try access(["HF_TOKEN": "a\r\nb"]) }
    }
}
