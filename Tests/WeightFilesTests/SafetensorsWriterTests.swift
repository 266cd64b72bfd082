import Foundation
import Testing
import WeightFiles

@Suite struct SafetensorsWriterTests {
    @Test func whatIsWrittenCanBeRead() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/x.safetensors"
            let metadata = ["format": "pt", "odd \u{1}\"\\": "line\nøß🎬"]
            try SafetensorsWriter.write(
                tensors: [
                    (name: "b", shape: [2, 2], scalars: [1, -2.5, .infinity, 0]),
                    (name: "a/\"é\"", shape: [], scalars: [7]),
                    (name: "empty", shape: [0, 3], scalars: []),
                ], metadata: metadata, to: path)
            let file = try Safetensors(path: path)
            #expect(file.metadata == metadata)
            #expect(file.tensorNames == ["a/\"é\"", "b", "empty"])
            #expect(try file.tensor("b").shape == [2, 2])
            #expect(try file.tensor("b").floats() == [1, -2.5, .infinity, 0])
            #expect(try file.tensor("a/\"é\"").floats() == [7])
            #expect(try file.tensor("empty").floats() == [])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.safetensors"])
        }
    }

    @Test func theBytesDependOnContentsOnlyAndTensorsAreAligned() throws {
        try withTemporaryFolder { folder in
            let tensors: [(name: String, shape: [Int], scalars: [Float])] = [
                ("one", [1], [1]), ("two", [2], [2, 3]), ("three", [1], [4]),
            ]
            let metadata = ["a": "1", "b": "2", "c": "3", "d": "4"]
            try SafetensorsWriter.write(tensors: tensors, metadata: metadata, to: "\(folder)/x")
            try SafetensorsWriter.write(
                tensors: tensors.reversed(), metadata: metadata, to: "\(folder)/y")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/x"))
            #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: "\(folder)/y")))
            #expect(bytes.count % 8 == 0)
            #expect(bytes[0] % 8 == 0)
        }
    }

    @Test func tensorsThatCannotBeWrittenAreNamed() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/x"
            let shape = #expect(throws: WeightFileError.self) {
                try SafetensorsWriter.write(
                    tensors: [(name: "a", shape: [2, 2], scalars: [1, 2, 3])], to: path)
            }
            #expect(shape?.detail == "tensor 'a' has 3 scalars and the shape [2, 2]")
            for names in [["a", "a"], ["__metadata__", "a"]] {
                #expect(throws: WeightFileError.self) {
                    try SafetensorsWriter.write(
                        tensors: names.map { (name: $0, shape: [1], scalars: [1]) }, to: path)
                }
            }
            let folder = #expect(throws: WeightFileError.self) {
                try SafetensorsWriter.write(tensors: [], to: "\(path)/absent/y")
            }
            #expect(folder?.kind == .unreadable)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
