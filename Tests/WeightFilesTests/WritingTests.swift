import Foundation
import Testing
import WeightFiles

@Suite struct WritingTests {
    private func planned(
        _ name: String, _ values: [Float], _ type: StoredType = .float32
    ) throws -> PlannedTensor {
        try PlannedTensor(name: name, shape: [values.count / 32, 32], type: type) { values }
    }

    private let ramp: [Float] = (0..<128).map { Float(($0 * 37) % 64 - 32) / 8 }

    @Test(arguments: [StoredType.float16, .bfloat16, .q8_0, .q4_0, .q4_1])
    func blocksAreThoseOfTheReferenceProgram(type: StoredType) throws {
        let golden = try Safetensors(path: fixture("gguf_quants.safetensors"))
        let source = try golden.tensor("source.f32").floats()
        let expected = try golden.tensor("\(type.rawValue).raw").floats()
        try withTemporaryFolder { folder in
            let tensor = try PlannedTensor(name: "x", shape: [4, 512], type: type) { source }
            try GGUFWriter.write(metadata: [], tensors: [tensor], to: "\(folder)/x.gguf")
            var bytes: [Float] = []
            try GGUF(path: "\(folder)/x.gguf").tensor("x").withStoredBytes { stored in
                bytes = stored.map { Float($0) }
            }
            #expect(bytes == expected)
        }
    }

    @Test func metadataIsReadAsItWasWritten() throws {
        let metadata: [(key: String, value: GGUFValue)] = [
            ("general.architecture", .string("llama")), ("count", .integer(4_000_000_000)),
            ("below", .integer(-3)), ("large", .integer(1 << 40)), ("real", .float(0.5)),
            ("exact", .float(0.1)), ("yes", .boolean(true)), ("types", .integers([1, -2])),
            ("wide", .integers([1 << 40])), ("reals", .floats([0.5, -2])),
            ("flags", .booleans([true, false])), ("texts", .strings(["grün", ""])),
            ("nested", .arrays([.integers([9]), .strings([])])),
        ]
        try withTemporaryFolder { folder in
            let tensors = [try planned("a", ramp), try planned("b", ramp, .q4_0)]
            try GGUFWriter.write(metadata: metadata, tensors: tensors, to: "\(folder)/x.gguf")
            let file = try GGUF(path: "\(folder)/x.gguf")
            #expect(
                file.metadata
                    == Dictionary(uniqueKeysWithValues: metadata.map { ($0.key, $0.value) }))
            #expect(file.tensorNames == ["a", "b"])
            #expect(try file.tensor("a").floats() == ramp)
            #expect(try file.tensor("b").shape == [4, 32])
        }
    }

    @Test func storedTensorsAreCopiedByteByByte() throws {
        try withTemporaryFolder { folder in
            try GGUFWriter.write(
                metadata: [], tensors: [try planned("a", ramp, .q4_1)], to: "\(folder)/1.gguf")
            let first = try GGUF(path: "\(folder)/1.gguf").tensor("a")
            let copy = try #require(PlannedTensor(copying: first, name: "a"))
            try GGUFWriter.write(metadata: [], tensors: [copy], to: "\(folder)/2.gguf")
            let files = try ["1", "2"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).gguf"))
            }
            #expect(files[0] == files[1])
        }
    }

    @Test func whatATypeCannotHoldIsRefused() throws {
        try withTemporaryFolder { folder in
            for (type, value) in [(StoredType.float16, Float(1e5)), (.q8_0, .nan)] {
                let tensor = try planned("a", [Float](repeating: value, count: 32), type)
                let error = #expect(throws: WeightFileError.self) {
                    try GGUFWriter.write(metadata: [], tensors: [tensor], to: "\(folder)/x.gguf")
                }
                #expect(error?.detail.contains("which \(type.rawValue) cannot") == true)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            }
            #expect(throws: WeightFileError.self) {
                try PlannedTensor(name: "a", shape: [2, 33], type: .q8_0) { [] }
            }
            #expect(throws: WeightFileError.self) {
                try SafetensorsWriter.write([try planned("a", ramp, .q8_0)], to: "\(folder)/x")
            }
            #expect(throws: WeightFileError.self) {
                let twice = [try planned("a", ramp), try planned("a", ramp)]
                try GGUFWriter.write(metadata: [], tensors: twice, to: "\(folder)/x")
            }
        }
    }

    @Test func largeModelsAreSplitBehindAnIndex() throws {
        try withTemporaryFolder { folder in
            let tensors = try ["c", "a", "b"].map { try planned($0, ramp, .bfloat16) }
            try SafetensorsWriter.writeModel(tensors, shardByteLimit: 600, to: folder)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
                    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                    "model.safetensors.index.json",
                ])
            let file = try WeightFiles.open(folder)
            #expect(file.tensorNames.sorted() == ["a", "b", "c"])
            #expect(try file.tensor("c").floats() == ramp)
            #expect(try file.tensor("c").type == .bfloat16)
        }
    }
}
