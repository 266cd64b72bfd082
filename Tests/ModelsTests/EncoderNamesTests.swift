import Foundation
import Models
import TestKit
import Testing

/// The tables of encoders' names against the listings of real models.
@Suite struct EncoderNamesTests {
    /// The names below a heading of the listing.
    private static func listing(_ heading: String) throws -> [String] {
        let text = try String(
            contentsOf: Fixtures.url("weights/hf_tensor_names.txt"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        let first = try #require(lines.firstIndex { $0.hasPrefix("===== \(heading)") })
        return lines[(first + 1)...].prefix { !$0.hasPrefix("=====") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    private func expectInverse(_ names: [String], _ table: some NameTable) throws {
        var ignored: [String] = []
        for name in names {
            let paths = try #require(table.paths(of: name), "\(name) is not known")
            if paths.isEmpty { ignored.append(name) }
            for path in paths { #expect(table.location(of: path)?.name == name) }
        }
        let needless = [
            "relative_position_index", "num_batches_tracked", "position_ids", "logit_scale_a",
            "logit_scale_t",
        ]
        #expect(ignored.allSatisfy { name in needless.contains { name.hasSuffix($0) } })
    }

    @Test(arguments: ["vision_model.", "", "vision_tower.vision_model.", "model.vision_tower."])
    func namesOfCLIPInvertUnderEveryPrefix(prefix: String) throws {
        let names = try Self.listing("CLIP").map { name in
            name.hasPrefix("vision_model.")
                ? prefix + name.dropFirst("vision_model.".count) : name
        }
        #expect(names.count == 24)
        let table = try TowerNames(.vision, storedNames: names, subject: "listing")
        try expectInverse(names, table)
        #expect(
            table.location(of: "vision_model.pre_layrnorm.weight")?.name
                == "\(prefix)pre_layrnorm.weight")
    }

    @Test func theTextTowerIsNotNeededAndUnknownNamesAreReported() throws {
        let table = try TowerNames(
            .vision, storedNames: ["vision_model.embeddings.patch_embedding.weight"],
            subject: "listing")
        #expect(table.paths(of: "text_model.embeddings.token_embedding.weight") == [])
        #expect(table.paths(of: "logit_scale") == [])
        #expect(table.paths(of: "vision_model.embeddings.position_ids") == [])
        #expect(table.paths(of: "vision_model.adapter.weight") == nil)
        #expect(throws: ModelError.self) {
            try TowerNames(.vision, storedNames: ["model.norm.weight"], subject: "listing")
        }
    }

    @Test(arguments: ["audio_model.audio_encoder.", "audio_encoder.", ""])
    func namesOfCLAPInvertUnderEveryPrefix(prefix: String) throws {
        let usual = "audio_model.audio_encoder."
        let names = try (Self.listing("CLAP unfused") + Self.listing("CLAP fused")).map { name in
            name.hasPrefix(usual) ? prefix + name.dropFirst(usual.count) : name
        }
        #expect(names.count > 242)
        let table = try TowerNames(.clap, storedNames: names, subject: "listing")
        try expectInverse(names, table)
        #expect(table.paths(of: "text_model.pooler.dense.weight") == [])
        #expect(throws: ModelError.self) {
            try TowerNames(.clap, storedNames: ["norm.weight"], subject: "listing")
        }
    }

    @Test func namesOfWhisperInvertAndItsDecoderIsNotNeeded() throws {
        let names = try Self.listing("Whisper")
        let table = PrefixedNames.huggingFaceWhisper(storedNames: names)
        for name in names {
            let paths = try #require(table.paths(of: name))
            #expect(paths.isEmpty == !name.hasPrefix("model.encoder."))
            for path in paths { #expect(table.location(of: path)?.name == name) }
        }
    }

    @Test func familiesAreKnownByTheirConfiguration() throws {
        let folders: [(String, EncoderFamily)] = [
            ("clip_vision", .visionTransformer), ("siglip_vision", .visionTransformer),
            ("clap_audio_fused", .clap), ("whisper_encoder", .whisper),
        ]
        for (name, family) in folders {
            #expect(try EncoderFamily.of(Fixtures.url("parity/\(name)").path) == family)
        }
        #expect(throws: ModelError.self) {
            try EncoderFamily.of(Fixtures.url("parity/llama_tiny").path)
        }
        #expect(try EncoderFamily.of(Fixtures.url("parity/schedules.json").path) == nil)
    }
}
