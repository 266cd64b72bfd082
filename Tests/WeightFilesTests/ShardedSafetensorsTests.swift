import Foundation
import Testing
import WeightFiles

@Suite struct ShardedSafetensorsTests {
    @Test func everyListedTensorIsRead() throws {
        let file = try WeightFiles.open(fixture("sharded"))
        #expect(file is ShardedSafetensors)
        #expect(file.tensorNames.count == 21)
        for name in file.tensorNames {
            let tensor = try file.tensor(name)
            #expect(tensor.type == .bfloat16)
            #expect(try tensor.floats().allSatisfy(\.isFinite))
        }
        #expect(try file.tensor("model.embed_tokens.weight").shape == [128, 64])
        #expect(throws: WeightFileError.self) { try file.tensor("model.absent.weight") }
    }

    @Test(arguments: [
        (
            #"{"weight_map":{"x":"../model.safetensors"}}"#,
            "not the name of a file beside the index"
        ),
        (#"{"weight_map":{"x":"/etc/passwd"}}"#, "not the name of a file beside the index"),
        (#"{"weight_map":{"x":".."}}"#, "not the name of a file beside the index"),
        (#"{"weight_map":{"x":7}}"#, "not the name of a file beside the index"),
        (#"{"weight_map":["x"]}"#, "the index has no weight_map"),
        (#"{"weight_map":{"x":"a","x":"b"}}"#, "the name 'x' occurs twice"),
        (#"{"metadata":{}}"#, "the index has no weight_map"),
        (#"{"weight_map":{"#, "the JSON text is broken"),
    ])
    func brokenIndexesAreNamed(text: String, detail: String) throws {
        try expectRefusal(of: Array(text.utf8), .malformed, detail) {
            try ShardedSafetensors(path: $0)
        }
    }

    @Test func absentShardsAndMisplacedTensorsAreNamed() throws {
        try withTemporaryFolder { folder in
            let index = "\(folder)/model.safetensors.index.json"
            try Data(#"{"weight_map":{"x":"one.safetensors"}}"#.utf8)
                .write(to: URL(fileURLWithPath: index))
            let absent = #expect(throws: WeightFileError.self) { try WeightFiles.open(folder) }
            #expect(absent?.kind == .unreadable)
            #expect(absent?.subject == "\(folder)/one.safetensors")
            try SafetensorsWriter.write(
                tensors: [(name: "y", shape: [1], scalars: [1])], to: "\(folder)/one.safetensors")
            let misplaced = #expect(throws: WeightFileError.self) { try WeightFiles.open(folder) }
            #expect(
                misplaced?.detail
                    == "tensor 'x' is said to be in 'one.safetensors', which does not hold it")
        }
    }

    @Test func anIndexThatNamesItselfIsRefused() throws {
        try withTemporaryFolder { folder in
            let index = "\(folder)/model.safetensors.index.json"
            try Data(#"{"weight_map":{"x":"model.safetensors.index.json"}}"#.utf8)
                .write(to: URL(fileURLWithPath: index))
            #expect(throws: WeightFileError.self) { try WeightFiles.open(index) }
        }
    }
}
