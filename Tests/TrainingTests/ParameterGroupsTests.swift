import Foundation
import Layers
import Optimization
import Recipes
import TestKit
import Testing
import Training

@Suite struct ParameterGroupsTests {
    private struct Reference: Decodable {
        let rate: Double
        let ratio: Double
        let decay: Double
        let groups: [String: Entry]
    }

    private struct Entry: Decodable {
        let shape: [Int]
        let rate: Double
        let decay: Double

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            shape = try list.decode([Int].self)
            rate = try list.decode(Double.self)
            decay = try list.decode(Double.self)
        }
    }

    private static func parameters(_ shapes: [String: [Int]]) throws -> [Parameter] {
        try Blueprint(source: DictionaryWeights([:]), plan: .everything, fresh: ["*"]).assemble {
            scope in
            try shapes.sorted { $0.key < $1.key }.map {
                try scope.parameter($0.key, shape: $0.value, fill: .zeros)
            }
        }.model
    }

    private static func settings(_ optimizer: String) throws -> Recipe.Optimizer {
        try Recipe(
            yaml: """
                model: {language: a, visual: {encoder: b}}
                data: {train: [{file: c}], batch: {visual: 1}}
                train: {steps: 1, lora: {}}
                optimizer: \(optimizer)
                """, file: "r.yaml"
        ).optimizer
    }

    /// Each parameter's rate and decay.
    private static func courses(
        _ parameters: [Parameter], _ settings: Recipe.Optimizer
    ) throws -> [String: [Double]] {
        var result: [String: [Double]] = [:]
        for group in try ParameterGroups.make(parameters, settings) {
            for parameter in group.parameters {
                result[parameter.path] = [group.learningRate, group.weightDecay]
            }
        }
        return result
    }

    @Test func loraPlusIsThatOfPEFT() throws {
        let reference = try JSONDecoder().decode(
            Reference.self,
            from: try Data(contentsOf: Fixtures.url("loraplus/groups.json")))
        let parameters = try Self.parameters(reference.groups.mapValues(\.shape))
        let settings = try Self.settings(
            "{learning_rate: \(reference.rate), lora_plus_ratio: \(reference.ratio), "
                + "weight_decay: \(reference.decay), decay_norms_and_biases: true}")
        #expect(
            try Self.courses(parameters, settings)
                == reference.groups.mapValues { [$0.rate, $0.decay] })
    }

    private static let shapes = [
        "model.mm_projector.weight": [4, 4], "model.mm_projector.bias": [4],
        "model.layers.0.mlp.up_proj.lora_A.weight": [2, 4],
        "model.layers.0.mlp.up_proj.lora_B.weight": [4, 2],
        "model.layers.0.mlp.up_proj.lora_magnitude_vector": [4],
        "model.norm.weight": [4], "model.embed_tokens.weight": [8, 4],
    ]

    @Test func everyPartHasItsOwnRateAndDecay() throws {
        let settings = try Self.settings(
            "{learning_rate: 1, projector_learning_rate: 2, lora_learning_rate: 3, lora_plus_ratio: 2, "
                + "weight_decay: 0.1, projector_weight_decay: 0.2, lora_weight_decay: 0.3}")
        let courses = try Self.courses(try Self.parameters(Self.shapes), settings)
        #expect(
            courses == [
                "model.mm_projector.weight": [2, 0.2], "model.mm_projector.bias": [2, 0],
                "model.layers.0.mlp.up_proj.lora_A.weight": [3, 0.3],
                "model.layers.0.mlp.up_proj.lora_B.weight": [6, 0.3],
                "model.layers.0.mlp.up_proj.lora_magnitude_vector": [6, 0.3],
                "model.norm.weight": [2, 0], "model.embed_tokens.weight": [1, 0.1],
            ])
    }

    @Test func projectorsComeFirstAndWhatDecaysBeforeWhatDoesNot() throws {
        let groups = try ParameterGroups.make(
            try Self.parameters(Self.shapes), try Self.settings("{weight_decay: 0}"))
        #expect(
            groups.map { "\($0.name): \($0.parameters.map(\.path).joined(separator: " "))" } == [
                "projectors: model.mm_projector.weight", "projectors: model.mm_projector.bias",
                "language model: model.embed_tokens.weight",
                "adapters: model.layers.0.mlp.up_proj.lora_A.weight "
                    + "model.layers.0.mlp.up_proj.lora_B.weight "
                    + "model.layers.0.mlp.up_proj.lora_magnitude_vector",
                "language model: model.norm.weight",
            ])
    }
}
