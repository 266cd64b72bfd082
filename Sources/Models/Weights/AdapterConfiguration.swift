public import Foundation
public import Layers

/// The `adapter_config.json` of PEFT: which linear maps of which base model are adapted, and how.
///
/// Source: PEFT 0.21's LoraConfig
public struct AdapterConfiguration: Sendable, Equatable {
    /// The name or path of the base model, when it is known.
    public var baseModel: String?
    /// The adaptation.
    public var adaptation: LowRankAdaptation
    /// Modules that are trained as a whole beside it, by path or end of path.
    public var wholeModules: [String]

    /// Describes an adapter.
    public init(
        baseModel: String?, adaptation: LowRankAdaptation, wholeModules: [String] = []
    ) {
        self.baseModel = baseModel
        self.adaptation = adaptation
        self.wholeModules = wholeModules
    }

    /// The fields of the file that matter; other fields are of no consequence when absent or null.
    private struct Fields: Codable {
        /// Either a list of names or one regular expression.
        enum Targets: Codable {
            case names([String])
            case expression(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self = .expression(text)
                } else {
                    self = .names(try container.decode([String].self))
                }
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch self {
                case .names(let names): try container.encode(names.sorted())
                case .expression(let text): try container.encode(text)
                }
            }
        }

        var peft_type: String
        var task_type: String? = "CAUSAL_LM"
        var base_model_name_or_path: String?
        var r: Int
        var lora_alpha: Double
        var lora_dropout: Double?
        var target_modules: Targets
        var bias: String? = "none"
        var use_rslora: Bool?
        var use_dora: Bool?
        var fan_in_fan_out: Bool? = false
        var inference_mode: Bool? = true
        var modules_to_save: [String]?
        var rank_pattern: [String: Int]?
        var alpha_pattern: [String: Double]?
        var layers_to_transform: [Int]?
        var layers_pattern: String?
    }

    /// Reads the file.
    ///
    /// Throws: `ModelError` naming what isn't supported or can't be read; `LayerError` for values out of range
    public init(peftJSON data: Data, subject: String = "adapter_config.json") throws {
        func problem(_ detail: String) -> ModelError {
            ModelError(
                .configuration, subject: subject, detail: detail,
                hint: "use a LoRA adapter of linear maps only")
        }
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: data)
        } catch let error as DecodingError {
            throw problem(error.problem)
        }
        let unsupported: [(Bool, String)] = [
            (fields.peft_type != "LORA", "peft_type \(fields.peft_type); expected LORA"),
            (fields.bias ?? "none" != "none", "bias \(fields.bias ?? ""); expected none"),
            (fields.layers_pattern != nil, "layers_pattern is set; expected none"),
            (fields.fan_in_fan_out == true, "fan_in_fan_out is set; expected false"),
        ]
        let problems = unsupported.filter(\.0).map(\.1)
        guard problems.isEmpty else { throw problem(problems.joined(separator: ", ")) }
        let targets: LowRankAdaptation.Targets =
            switch fields.target_modules {
            case .names(let names): .suffixes(names)
            case .expression(let text): .expression(text)
            }
        baseModel = fields.base_model_name_or_path
        wholeModules = fields.modules_to_save ?? []
        adaptation = try LowRankAdaptation(
            targets: targets, rank: fields.r, alpha: fields.lora_alpha,
            dropoutRate: fields.lora_dropout ?? 0,
            patterns: Self.patterns(fields.rank_pattern ?? [:], fields.alpha_pattern ?? [:]),
            layers: fields.layers_to_transform,
            isRankStabilized: fields.use_rslora ?? false,
            isWeightDecomposed: fields.use_dora ?? false)
    }

    /// PEFT's two tables as patterns, in the order in which PEFT writes keys.
    private static func patterns(
        _ ranks: [String: Int], _ alphas: [String: Double]
    ) -> [LowRankAdaptation.Pattern] {
        Set(ranks.keys).union(alphas.keys).sorted().map {
            LowRankAdaptation.Pattern($0, rank: ranks[$0], alpha: alphas[$0])
        }
    }

    /// Writes the fields that every version of PEFT knows, in alphabetical order.
    public func peftJSON() throws -> Data {
        let targets: Fields.Targets =
            switch adaptation.targets {
            case .suffixes(let names): .names(names)
            case .expression(let text): .expression(text)
            }
        func table<Value>(
            _ value: (LowRankAdaptation.Pattern) -> Value?
        ) -> [String: Value] {
            Dictionary(
                adaptation.patterns.compactMap { item in value(item).map { (item.expression, $0) }
                },
                uniquingKeysWith: { first, _ in first })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(
            Fields(
                peft_type: "LORA", base_model_name_or_path: baseModel, r: adaptation.rank,
                lora_alpha: adaptation.alpha, lora_dropout: adaptation.dropoutRate,
                target_modules: targets, use_rslora: adaptation.isRankStabilized,
                use_dora: adaptation.isWeightDecomposed,
                modules_to_save: wholeModules.isEmpty ? nil : wholeModules,
                rank_pattern: table(\.rank), alpha_pattern: table(\.alpha),
                layers_to_transform: adaptation.layers))
    }
}
