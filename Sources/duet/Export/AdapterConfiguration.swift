import Foundation
import Recipes

/// PEFT's `adapter_config.json`.
enum AdapterConfiguration {
    /// The keys that every PEFT with LoRA knows; older ones refuse keys that they do not know.
    ///
    /// Source: LoraConfig of PEFT 0.8.2
    static func fields(_ lora: Recipe.LoRA, baseModel: String) -> [String: Any] {
        [
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": baseModel,
            "r": lora.rank, "lora_alpha": lora.alpha, "lora_dropout": lora.dropout,
            "target_modules": lora.targets.sorted(), "bias": "none",
            "use_rslora": lora.isRankStabilised, "use_dora": false, "fan_in_fan_out": false,
            "inference_mode": true, "init_lora_weights": true, "modules_to_save": NSNull(),
            "rank_pattern": values(of: lora) { $0.rank.map { $0 as Any } },
            "alpha_pattern": values(of: lora) { $0.alpha.map { $0 as Any } },
            "layers_to_transform": NSNull(), "layers_pattern": NSNull(), "revision": NSNull(),
            "auto_mapping": NSNull(),
        ]
    }

    private static func values(
        of lora: Recipe.LoRA, _ value: (Recipe.LoRA.Pattern) -> Any?
    ) -> [String: Any] {
        lora.patterns.reduce(into: [:]) { result, pattern in
            if let value = value(pattern), result[pattern.match] == nil {
                result[pattern.match] = value
            }
        }
    }
}
