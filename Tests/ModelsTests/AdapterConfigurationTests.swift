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

    @Test(arguments: ["llama_lora_rslora", "llama_lora_dora"])
    func variantsSurviveAWriteAndARead(name: String) throws {
        let data = try Data(contentsOf: Fixtures.url("parity/\(name)/adapter_config.json"))
        let configuration = try AdapterConfiguration(peftJSON: data)
        #expect(configuration.adaptation.isRankStabilized == name.hasSuffix("rslora"))
        #expect(configuration.adaptation.isWeightDecomposed == name.hasSuffix("dora"))
        #expect(try AdapterConfiguration(peftJSON: configuration.peftJSON()) == configuration)
    }

    @Test func adaptersOfOtherKindsAreErrors() {
        let other =
            #"{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "fan_in_fan_out": true, "#
            + #""target_modules": ["q_proj"], "bias": "all"}"#
        let error = #expect(throws: ModelError.self) {
            try AdapterConfiguration(peftJSON: Data(other.utf8))
        }
        #expect(
            error?.detail == "bias all; expected none, fan_in_fan_out is set; expected false")
        #expect(throws: ModelError.self) { try AdapterConfiguration(peftJSON: Data("{".utf8)) }
    }
}
