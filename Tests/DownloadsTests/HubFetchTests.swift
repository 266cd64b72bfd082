import Downloads
import Files
import Foundation
import Synchronization
import Testing

@Suite struct HubFetchTests {
    private static let weights = Data(
        (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    private static let model: [String: Data] = [
        "config.json": Data("{}".utf8), "tokenizer.json": Data("[1, 2]".utf8),
        "model.safetensors": weights, "pytorch_model.bin": Data("no".utf8),
        "onnx/model.onnx": Data("no".utf8), "README.md": Data("# Words".utf8),
    ]
    private static let wanted = ["README.md", "config.json", "model.safetensors", "tokenizer.json"]

    /// An empty folder, which goes with the last use of it.
    private final class Folder: Sendable {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("downloads-tests-\(UUID().uuidString)").path

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func contents(_ name: String) -> Data? {
            FileManager.default.contents(atPath: "\(path)/\(name)")
        }

        var names: [String] {
            ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
        }
    }

    private static func hub(_ faults: LocalHub.Faults = .init()) throws -> LocalHub {
        try LocalHub(model, large: ["model.safetensors"], faults: faults)
    }

    @Test func bringsWhatARecipeNeedsAndNothingElse() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        let last = Mutex<HubFetch.Progress?>(nil)
        let report = try await hub.fetch().run(into: folder.path) { progress in
            last.withLock { $0 = progress }
        }
        #expect(folder.names == Self.wanted)
        for name in Self.wanted { #expect(folder.contents(name) == Self.model[name]) }
        #expect(report.commit == LocalHub.commit && report.licence == "mit")
        #expect(report.paths.sorted() == Self.wanted)
        let end = try #require(last.withLock { $0 })
        #expect(end.doneByteCount == report.byteCount && end.byteCount == report.byteCount)
    }

    @Test func largeFilesComeInPieces() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        _ = try await hub.fetch(pieceByteCount: 1 << 16).run(into: folder.path)
        #expect(folder.contents("model.safetensors") == Self.weights)
        let ranges = hub.requests.filter { $0.path.hasPrefix("/cdn/") }.map { $0.headers["range"] }
        #expect(
            ranges == [
                "bytes=0-65535", "bytes=65536-131071", "bytes=131072-196607",
                "bytes=196608-262143", "bytes=262144-299999",
            ])
    }

    @Test func whatIsThereIsNotFetchedAgain() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        _ = try await hub.fetch().run(into: folder.path)
        let count = hub.requests.count
        try Data("{]".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/config.json"))
        _ = try await hub.fetch().run(into: folder.path)
        #expect(folder.contents("config.json") == Self.model["config.json"])
        #expect(hub.requests.count == count + 2, "the listing, and the file that was changed")
    }

    @Test func goesOnAfterTheConnectionBreaks() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        hub.change { $0.breaksOnceAfter = ["model.safetensors": 100_000] }
        _ = try await hub.fetch().run(into: folder.path)
        #expect(folder.contents("model.safetensors") == Self.weights)
        let ranges = hub.requests.compactMap {
            $0.path.hasPrefix("/cdn/") ? $0.headers["range"] : nil
        }
        #expect(ranges == ["bytes=0-299999", "bytes=100000-299999"])
    }

    @Test func goesOnInAnotherCall() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        hub.change { $0.breaksOnceAfter = ["model.safetensors": 100_000] }
        let error = await #expect(throws: HubError.self) {
            try await hub.fetch().run(into: folder.path) { progress in
                // From here on the hub gives nothing but the listing.
                if progress.path == "model.safetensors", progress.doneByteCount > 50_000 {
                    hub.change { $0.busyCount = 5 }
                }
            }
        }
        #expect(error?.kind == .network)
        #expect(folder.contents("model.safetensors") == nil)
        hub.change { $0.busyCount = 0 }
        _ = try await hub.fetch().run(into: folder.path)
        #expect(folder.contents("model.safetensors") == Self.weights)
        #expect(
            hub.requests.last { $0.path.hasPrefix("/cdn/") }?.headers["range"]
                == "bytes=100000-299999")
        #expect(folder.names == Self.wanted)
    }

    @Test func aHubWithoutRangesIsListenedToFromTheStart() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        hub.change {
            $0.ignoresRanges = true
            $0.breaksOnceAfter = ["model.safetensors": 70_000]
        }
        _ = try await hub.fetch(pieceByteCount: 1 << 16).run(into: folder.path)
        #expect(folder.contents("model.safetensors") == Self.weights)
    }

    @Test(arguments: ["model.safetensors", "config.json"])
    func aWrongDigestLeavesNothing(_ name: String) async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        hub.change { $0.isDamaged = [name] }
        let error = await #expect(throws: HubError.self) {
            try await hub.fetch().run(into: folder.path)
        }
        #expect(error?.kind == .damaged && error?.subject == "\(folder.path)/\(name)")
        #expect(error?.detail.contains("nothing was kept") == true)
        #expect(!folder.names.contains { $0.contains(name) })
    }

    @Test func aBusyHubIsAskedAgain() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        _ = try await hub.fetch().run(into: folder.path) { progress in
            if progress.path == "config.json" { hub.change { $0.busyCount = 2 } }
        }
        #expect(folder.names == Self.wanted)
    }

    @Test func aTokenIsShownToTheHubAlone() async throws {
        let (hub, folder) = (try Self.hub(LocalHub.Faults(token: "hf_x")), Folder())
        _ = try await hub.fetch(token: "hf_x").run(into: folder.path)
        #expect(folder.names == Self.wanted)
        for request in hub.requests {
            let isOther = request.path.hasPrefix("/cdn/")
            #expect(request.headers["authorization"] == (isOther ? nil : "Bearer hf_x"))
            #expect(request.headers["host"]?.hasPrefix(isOther ? "localhost" : "127.0.0.1") == true)
        }
    }

    @Test(arguments: [
        (nil, "set HF_TOKEN, or run `hf auth login`"), ("hf_y", "to a token of that account"),
    ])
    func refusalsSayWhatToDo(_ token: String?, _ hint: String) async throws {
        let (hub, folder) = (try Self.hub(LocalHub.Faults(token: "hf_x")), Folder())
        let error = await #expect(throws: HubError.self) {
            try await hub.fetch(token: token).run(into: folder.path)
        }
        #expect(error?.kind == .denied && error?.hint.hasSuffix(hint) == true)
        #expect(error?.hint.contains("http://127.0.0.1:\(hub.port)/some/model") == true)
    }

    @Test func whatDoesNotExistIsNamed() async throws {
        let (hub, folder) = (try Self.hub(), Folder())
        let error = await #expect(throws: HubError.self) {
            try await hub.fetch(revision: "refs/pr/9").run(into: folder.path)
        }
        #expect(error?.kind == .missing && error?.subject == "some/model at refs/pr/9")
        #expect(
            hub.requests.last?.path == "/api/models/some/model/revision/refs%2Fpr%2F9?blobs=true")
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func nobodyThereIsSaid() async throws {
        let folder = Folder()
        let fetch: HubFetch
        do {
            let hub = try Self.hub()
            fetch = try hub.fetch()
        }
        let error = await #expect(throws: HubError.self) { try await fetch.run(into: folder.path) }
        #expect(error?.kind == .network)
    }
}
