import Foundation
import TestKit
import Testing
import Verification

/// This program gives the same numbers as the reference programs: language models, adapters, training,
/// quantised files, encoders and what comes before them.
@Suite struct VerifierTests {
    static let fixtures: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: Fixtures.url("parity").path)
        return (names ?? []).filter { $0 != "README.md" }.map {
            ($0 as NSString).deletingPathExtension
        }.sorted()
    }()

    @Test(arguments: fixtures)
    func everyKeptFixtureIsReproduced(name: String) throws {
        let rows = try Verifier(folder: Fixtures.url("parity").path).rows(ofFixture: name)
        #expect(!rows.isEmpty)
        for row in rows {
            #expect(
                row.hasPassed,
                "\(name), \(row.compared): \(row.maximumError ?? .nan) \(row.note ?? "")")
        }
    }

    @Test func fixturesOfEveryPartAreKept() {
        let kinds = Set(Self.fixtures.compactMap { Fixture.Kind(name: $0) })
        #expect(
            kinds.isSuperset(of: [
                .language, .adapter, .adapterTraining, .audioVisualTraining, .gguf, .schedules,
                .whisper, .clip, .sigLIP, .clap,
            ]))
    }

    @Test func kindsAreKnownByTheBeginningsOfNames() {
        let names: [(String, Fixture.Kind?)] = [
            ("llama_tiny_seed2", .language), ("llama", .language), ("llamas", nil),
            ("llama_lora_base_x", .adapterBase), ("llama_lora_train_plain", .adapterTraining),
            ("llama_lora_rslora_7", .adapter), ("av_finetune", .audioVisualTraining),
            ("gguf_quants", .quantisation), ("gguf_llama_tiny", .gguf),
            ("clap_features", .clapFeatures), ("clap_audio_fused", .clap),
            ("clip_preprocess_336", .clipPreprocessing), ("siglip_vision", .sigLIP),
            ("whisper_features_30s", .whisperFeatures), ("mystery", nil),
        ]
        for (name, kind) in names { #expect(Fixture.Kind(name: name) == kind, "\(name)") }
    }

    /// A folder with copies of some fixtures, removed afterwards.
    private func withFolder(
        of names: [String], _ body: (String) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("duet-verify-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in names {
            try FileManager.default.copyItem(
                at: Fixtures.url("parity/\(name)"), to: folder.appendingPathComponent(name))
        }
        try body(folder.path)
    }

    @Test func aWrongNumberIsSeen() throws {
        try withFolder(of: ["schedules.json"]) { folder in
            let path = "\(folder)/schedules.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let changed = text.replacingOccurrences(of: "0.9755282581475768", with: "0.98")
            try #require(changed != text)
            try changed.write(toFile: path, atomically: true, encoding: .utf8)
            let report = try Verifier(folder: folder).run()
            #expect(!report.hasPassed)
            #expect(report.failures.map(\.compared) == ["cosine"])
            #expect(abs((report.failures[0].maximumError ?? 0) - 0.00447) < 1e-4)
        }
    }

    @Test func unknownAndBrokenFixturesAreRowsThatFail() throws {
        try withFolder(of: ["llama_tiny"]) { folder in
            try FileManager.default.removeItem(atPath: "\(folder)/llama_tiny/io.safetensors")
            try "{}".write(
                toFile: "\(folder)/mystery.json", atomically: true, encoding: .utf8)
            let report = try Verifier(folder: folder).run()
            #expect(report.rows.map(\.fixture) == ["llama_tiny", "mystery"])
            #expect(report.rows.allSatisfy { !$0.hasPassed && $0.maximumError == nil })
            #expect(report.rows.allSatisfy { !($0.note ?? "").isEmpty })
        }
    }

    @Test func anAdapterFindsItsModelBesideIt() throws {
        try withFolder(of: ["llama_lora_forward"]) { folder in
            let alone = try Verifier(folder: folder).run()
            #expect(alone.failures.count == 1)
            try FileManager.default.copyItem(
                atPath: Fixtures.url("parity/llama_lora_base").path,
                toPath: "\(folder)/llama_lora_base")
            #expect(try Verifier(folder: folder).run().hasPassed)
        }
    }

    @Test func expectationsThatNothingReadsFail() throws {
        try withFolder(of: ["llama_tiny"]) { folder in
            let golden = try GoldenFile(path: "\(folder)/llama_tiny/io.safetensors")
            var list = Checklist(fixture: "llama_tiny")
            list.addUnread(of: golden)
            #expect(list.rows.count == 1 && !list.rows[0].hasPassed)
        }
    }

    @Test func foldersWithoutFixturesAreErrors() throws {
        try withFolder(of: []) { folder in
            #expect(throws: VerificationError.self) { try Verifier(folder: folder).run() }
            #expect(throws: VerificationError.self) {
                try Verifier(folder: "\(folder)/missing").run()
            }
        }
    }
}
