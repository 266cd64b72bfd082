import Checkpointing
import Foundation
import Testing

@Suite struct HDF5FileTests {
    @Test func everyTypeAndShapeReadsBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let file = try HDF5File.create(path)
        try file.createGroup("group")
        let floats = StoredArray<Float>(shape: [3, 1, 2], scalars: [1, 2, 3, 4, 5, 6])
        let halves = StoredArray<Float16>([1, -2.5, .infinity])
        try file.write(floats, to: "group/floats")
        try file.write(halves, to: "halves")
        try file.write(StoredArray<Double>(shape: [], scalars: [.pi]), to: "double")
        try file.write(StoredArray<Int64>([.min, .max]), to: "integers")
        try file.write(StoredArray<UInt64>([.max]), to: "unsigned")
        try file.write(StoredArray<UInt8>(shape: [0, 3], scalars: []), to: "empty")
        try file.close()
        let read = try HDF5File.open(path)
        #expect(
            try read.members(of: "/") == [
                "double", "empty", "group", "halves", "integers", "unsigned",
            ])
        #expect(try read.members(of: "group") == ["floats"])
        #expect(try read.read("group/floats", as: Float.self) == floats)
        #expect(try read.read("halves", as: Float16.self) == halves)
        #expect(try read.read("double", as: Double.self).scalars == [.pi])
        #expect(try read.read("integers", as: Int64.self).scalars == [.min, .max])
        #expect(try read.read("unsigned", as: UInt64.self).scalars == [.max])
        #expect(try read.read("empty", as: UInt8.self).shape == [0, 3])
        #expect(try read.shape(of: "group/floats") == [3, 1, 2])
    }

    @Test func arraysOfSeveralChunksReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        // More than one chunk of 1 MiB, and neither axis a multiple of it.
        let array = StoredArray<Double>(
            shape: [3, 90_001], scalars: [Double](repeating: 0.25, count: 270_003))
        let file = try HDF5File.create(path)
        try file.write(array, to: "x")
        try file.close()
        #expect(try HDF5File.open(path).read("x", as: Double.self) == array)
    }

    @Test func attributesReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let values: [String: StoredAttribute] = [
            "text": .text("Größe"), "nothing": .text(""), "integer": .integer(.min),
            "unsigned": .unsigned(.max), "number": .number(-0.5),
            "a/b c": .text(String(repeating: "x", count: 60_000)),
        ]
        let file = try HDF5File.create(path)
        for (name, value) in values { try file.write(value, attribute: name, of: "/") }
        try file.close()
        #expect(try HDF5File.open(path).attributes(of: "/") == values)
    }

    @Test func wrongTypesAndNamesAreErrors() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let file = try HDF5File.create(path)
        try file.createGroup("group")
        try file.write(StoredArray<Float>([1]), to: "x")
        #expect(throws: CheckpointError.self) { try file.write(StoredArray<Float>([1]), to: "x") }
        #expect(throws: CheckpointError.self) { try file.createGroup("no/such") }
        #expect(throws: CheckpointError.self) { try file.createGroup("group//x") }
        try file.close()
        let read = try HDF5File.open(path)
        let error = #expect(throws: CheckpointError.self) { try read.read("x", as: Double.self) }
        #expect(error?.kind == .mismatched)
        #expect(error?.detail == "the numbers are float32; float64 was expected")
        #expect(throws: CheckpointError.self) { try read.read("group", as: Float.self) }
        #expect(throws: CheckpointError.self) { try read.members(of: "x") }
        #expect(throws: CheckpointError.self) { try read.read("x/y", as: Float.self) }
        #expect(throws: CheckpointError.self) { try read.read("absent", as: Float.self) }
    }

    @Test func useAfterCloseIsAnError() throws {
        let folder = try TemporaryFolder()
        let file = try HDF5File.create(folder.file("a.h5"))
        try file.close()
        #expect(throws: CheckpointError.self) { try file.createGroup("x") }
        #expect(throws: CheckpointError.self) { try file.close() }
    }

    @Test func changedNumbersAreDetected() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        let file = try HDF5File.create(path)
        try file.write(StoredArray<UInt8>((0..<200).map { UInt8($0) }), to: "x")
        try file.close()
        var content = try bytes(of: path)
        let run = (50..<60).map { UInt8($0) }
        let position = try #require(
            (0..<content.count - 10).first { Array(content[$0..<$0 + 10]) == run })
        content[position] ^= 1
        try write(content, to: path)
        let error = #expect(throws: CheckpointError.self) { try HDF5File.open(path) }
        #expect(error?.kind == .damaged)
    }

    @Test func manyThreadsMayUseTheLibraryAtOnce() async throws {
        let folder = try TemporaryFolder()
        let sums = try await withThrowingTaskGroup(of: Float.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let path = folder.file("\(index).h5")
                    let file = try HDF5File.create(path)
                    try file.write(StoredArray([Float](repeating: Float(index), count: 9)), to: "x")
                    try file.close()
                    return try HDF5File.open(path).read("x", as: Float.self).scalars.reduce(0, +)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums.sorted() == (0..<16).map { Float($0 * 9) })
    }
}
