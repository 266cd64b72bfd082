import Foundation
import Layers
import Recipes
import Training

/// PEFT's `adapter_config.json`.
enum PEFTConfiguration {
    /// The keys that every PEFT with LoRA knows; older ones refuse keys that they do not know.
    ///
    /// Source: LoraConfig of PEFT 0.8.2
    static func fields(
        _ lora: Recipe.LoRA, modules: [String], wholeModules: [String], baseModel: String
    ) throws -> [String: Any] {
        let adaptation = try LowRankAdaptation(lora)
        let settings = try modules.map { ($0, try adaptation.settings(for: $0)) }
        // By whole paths, which mean the same to every version, in any order.
        func exceptions<Value: Equatable>(
            _ usual: Value, _ value: (LowRankAdaptation.Settings) -> Value
        ) -> [String: Value] {
            settings.reduce(into: [:]) { result, module in
                guard let own = module.1.map(value), own != usual else { return }
                result[module.0] = own
            }
        }
        return [
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": baseModel,
            "r": lora.rank, "lora_alpha": lora.alpha, "lora_dropout": lora.dropout,
            "target_modules": lora.targets.sorted(), "bias": "none",
            "use_rslora": lora.isRankStabilised, "use_dora": lora.isWeightDecomposed,
            "fan_in_fan_out": false,
            "inference_mode": true, "init_lora_weights": true,
            "modules_to_save": wholeModules.isEmpty ? NSNull() : wholeModules as Any,
            "rank_pattern": exceptions(lora.rank, \.rank),
            "alpha_pattern": exceptions(lora.alpha, \.alpha),
            "layers_to_transform": NSNull(), "layers_pattern": NSNull(), "revision": NSNull(),
            "auto_mapping": NSNull(),
        ]
    }
}
