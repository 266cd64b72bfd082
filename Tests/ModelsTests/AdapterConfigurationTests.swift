import Foundation
import Layers
import Models
import TestKit
import Testing

@Suite struct AdapterConfigurationTests {
    @Test func configurationsSurviveAWriteAndARead() throws {
        let data = try Data(
            contentsOf: Fixtures.url("parity/llama_lora_patterns/adapter_config.json"))
        let configuration = try AdapterConfiguration(peftJSON: data)
        let again = try AdapterConfiguration(peftJSON: configuration.peftJSON())
        #expect(again == configuration)
        #expect(configuration.adaptation.layers == [1])
        #expect(
            configuration.adaptation.patterns == [
                .init("down_proj", alpha: 3), .init("v_proj", rank: 4),
            ])
    }

    @Test func adaptersOfOtherKindsAreErrors() {
        let dora =
            #"{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "use_dora": true, "#
            + #""target_modules": ["q_proj"], "bias": "all"}"#
        let error = #expect(throws: ModelError.self) {
            try AdapterConfiguration(peftJSON: Data(dora.utf8))
        }
        #expect(error?.detail == "use_dora is set; expected plain LoRA, bias all; expected none")
        #expect(throws: ModelError.self) { try AdapterConfiguration(peftJSON: Data("{".utf8)) }
    }
}
