import Testing
import WeightFiles

@Suite struct GGUFTests {
    @Test(arguments: ["small_v2", "small_v3"])
    func everyKindOfMetadataIsRead(name: String) throws {
        let file = try GGUF(path: fixture("\(name).gguf"))
        let expected: [String: GGUFValue] = [
            "u8": .integer(200), "i8": .integer(-100), "u16": .integer(60000),
            "i16": .integer(-30000), "u32": .integer(4_000_000_000),
            "i32": .integer(-2_000_000_000),
            "u64": .integer(1 << 40), "i64": .integer(-(1 << 40)), "f32": .float(0.5),
            "f64": .float(0.25), "bool": .boolean(true), "string": .string("grün"),
            "strings": .strings(["a", ""]), "bytes": .integers([1, 2, 3]),
            "reals": .floats([1.5, -2]), "bools": .booleans([true, false]),
            "nested": .arrays([.integers([9]), .strings([])]),
        ]
        #expect(file.metadata == expected)
    }

    @Test func axesAreReversedAndValuesRead() throws {
        let file = try GGUF(path: fixture("small_v3.gguf"))
        #expect(file.tensorNames == ["plain", "eight"])
        let plain = try file.tensor("plain")
        #expect(plain.shape == [2, 3])
        #expect(plain.byteCount == 24)
        #expect(try plain.floats() == [-3, -2.75, -2.5, -2.25, -2, -1.75])
        #expect(try file.tensor("eight").floats() == (-12..<20).map { Float($0) / 4 })
    }

    @Test func typedAccessGivesTheValue() throws {
        let file = try GGUF(path: fixture("small_v3.gguf"))
        #expect(try file.integer("u8") == 200)
        #expect(try file.number("f32") == 0.5)
        #expect(try file.number("u8") == 200)
        #expect(try file.boolean("bool"))
        #expect(try file.string("string") == "grün")
        #expect(try file.strings("strings") == ["a", ""])
        #expect(try file.integers("bytes") == [1, 2, 3])
        #expect(try file.floats("reals") == [1.5, -2])
    }

    @Test func absentAndOtherwiseTypedMetadataAreErrors() throws {
        let file = try GGUF(path: fixture("small_v3.gguf"))
        let absent = #expect(throws: WeightFileError.self) { try file.integer("llama.block_count") }
        #expect(absent?.kind == .missingMetadata)
        #expect(absent?.detail == "there is no metadata 'llama.block_count'")
        let other = #expect(throws: WeightFileError.self) { try file.strings("f32") }
        #expect(
            other?.detail == "the metadata 'f32' is a float; an array of strings was expected")
    }

    @Test func aLanguageModelHasTheReferenceWeights() throws {
        let file = try GGUF(path: fixture("llama_tiny.gguf"))
        let expected = try Safetensors(
            path: fixture("llama_tiny_expected.safetensors"))
        #expect(try file.integer("llama.block_count") == 2)
        #expect(try file.strings("tokenizer.ggml.tokens").count == 128)
        #expect(file.tensorNames.count == 21)
        for (name, reference) in [
            ("blk.1.ffn_down.weight", "model.layers.1.mlp.down_proj.weight"),
            ("blk.1.attn_v.weight", "model.layers.1.self_attn.v_proj.weight"),
        ] {
            let tensor = try file.tensor(name)
            #expect(try tensor.shape == expected.tensor(reference).shape)
            #expect(try tensor.floats() == expected.tensor(reference).floats())
        }
    }

    @Test func anAbsentTensorIsNamed() throws {
        let file = try GGUF(path: fixture("small_v3.gguf"))
        let error = #expect(throws: WeightFileError.self) { try file.tensor("output.weight") }
        #expect(error?.kind == .missingTensor)
        #expect(
            error?.detail
                == "there is no tensor 'output.weight'; the file holds 2, the first is 'plain'")
    }
}
