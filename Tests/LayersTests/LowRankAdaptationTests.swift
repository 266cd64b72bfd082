import Layers
import Testing

@Suite struct LowRankAdaptationTests {
    private let module = "model.layers.1.self_attn.q_proj"

    @Test func suffixesMatchWholeNamesOnly() throws {
        let adaptation = try LowRankAdaptation(targets: .suffixes(["q_proj"]), rank: 8, alpha: 16)
        #expect(try adaptation.settings(for: module)?.scale == 2)
        #expect(try adaptation.settings(for: "q_proj") != nil)
        #expect(try adaptation.settings(for: "model.layers.1.self_attn.xq_proj") == nil)
        #expect(try adaptation.settings(for: module + ".inner") == nil)
    }

    @Test func expressionsMatchWholePaths() throws {
        let adaptation = try LowRankAdaptation(
            targets: .expression(".*layers\\.[01]\\..*(q|v)_proj"), rank: 8, alpha: 16)
        #expect(try adaptation.settings(for: module) != nil)
        #expect(try adaptation.settings(for: "model.layers.2.self_attn.q_proj") == nil)
        #expect(try adaptation.settings(for: module + ".x") == nil)
    }

    @Test func patternsOverrideRankAndAlphaPerModule() throws {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj", "v_proj"]), rank: 8, alpha: 16,
            patterns: [
                .init("v_proj", rank: 4, alpha: 3), .init("layers\\.1\\..*q_proj", rank: 2),
            ])
        let query = try #require(try adaptation.settings(for: module))
        #expect(query.rank == 2 && query.scale == 8)
        let value = try #require(try adaptation.settings(for: "model.layers.0.self_attn.v_proj"))
        #expect(value.rank == 4 && value.scale == 0.75)
    }

    @Test func dropoutPatternsOverridePerModule() throws {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj", "v_proj"]), rank: 8, alpha: 16, dropoutRate: 0.1,
            patterns: [.init("v_proj", dropoutRate: 0.5), .init(".*layers\\.0.*", dropoutRate: 0)])
        #expect(try adaptation.settings(for: module)?.dropoutRate == 0.1)
        let value = "model.layers.0.self_attn.v_proj"
        #expect(try adaptation.settings(for: value)?.dropoutRate == 0.5)
        let query = "model.layers.0.self_attn.q_proj"
        #expect(try adaptation.settings(for: query)?.dropoutRate == 0)
    }

    @Test func ofEachSettingTheFirstMatchThatGivesItCounts() throws {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj"]), rank: 8, alpha: 16,
            patterns: [
                .init("q_proj", rank: 4), .init(".*layers\\.1.*", rank: 2, alpha: 8),
            ])
        let settings = try #require(try adaptation.settings(for: module))
        #expect(settings.rank == 4 && settings.scale == 2)
    }

    @Test func patternsWithoutAModuleAreErrors() throws {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj"]), rank: 2, alpha: 2,
            patterns: [.init("v_proj", rank: 1)])
        let blueprint = Blueprint(
            source: DictionaryWeights([:]), plan: TrainingPlan(adaptation: adaptation), fresh: ["*"]
        )
        let error = #expect(throws: LayerError.self) {
            try blueprint.assemble { try Linear(inputs: 4, outputs: 4, at: $0 / "a" / "q_proj") }
        }
        #expect(
            error?.description
                == "lora pattern 'v_proj': matches no linear map that gets an adapter; "
                + "their paths are like a.q_proj")
    }

    @Test func layersLimitTheTargets() throws {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj"]), rank: 8, alpha: 16, layers: [1])
        #expect(try adaptation.settings(for: module) != nil)
        #expect(try adaptation.settings(for: "model.layers.0.self_attn.q_proj") == nil)
        #expect(try adaptation.settings(for: "q_proj") == nil)
    }

    @Test func rankStabilizedScaleDividesByTheRoot() throws {
        let adaptation = try LowRankAdaptation(
            targets: .suffixes(["q_proj"]), rank: 16, alpha: 16, isRankStabilized: true)
        #expect(try adaptation.settings(for: module)?.scale == 4)
    }

    @Test func valuesOutOfRangeAreNamed() throws {
        func message(
            _ targets: LowRankAdaptation.Targets, rank: Int = 8, alpha: Double = 16,
            dropoutRate: Double = 0, patterns: [LowRankAdaptation.Pattern] = []
        ) throws -> String {
            try #require(throws: LayerError.self) {
                try LowRankAdaptation(
                    targets: targets, rank: rank, alpha: alpha, dropoutRate: dropoutRate,
                    patterns: patterns)
            }.subject
        }
        #expect(try message(.suffixes([])) == "lora targets")
        #expect(try message(.suffixes(["q"]), rank: 0) == "lora rank")
        #expect(try message(.suffixes(["q"]), alpha: -1) == "lora alpha")
        #expect(try message(.suffixes(["q"]), dropoutRate: 1) == "lora dropout")
        #expect(
            try message(.suffixes(["q"]), patterns: [.init("q", dropoutRate: 1)]) == "lora dropout")
        #expect(try message(.expression("(q")) == "lora pattern '(q'")
    }
}
