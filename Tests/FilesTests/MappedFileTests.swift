import Files
import Foundation
import Testing

@Suite struct MappedFileTests {
    @Test func theBytesAreTheFiles() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write(Data([1, 2, 3]), to: "\(folder)/bytes")
            let file = try MappedFile(path: "\(folder)/bytes")
            #expect(file.byteCount == 3)
            #expect(file.withBytes { Array($0) } == [1, 2, 3])
        }
    }

    @Test func anEmptyFileHasNoBytes() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write(Data(), to: "\(folder)/empty")
            #expect(try MappedFile(path: "\(folder)/empty").withBytes { $0.isEmpty })
        }
    }

    @Test func aReplacedFileKeepsItsMappedBytes() throws {
        try withTemporaryFolder { folder in
            try DurableFile.write("old", to: "\(folder)/note")
            let file = try MappedFile(path: "\(folder)/note")
            try DurableFile.write("new!", to: "\(folder)/note")
            #expect(file.withBytes { String(decoding: $0, as: UTF8.self) } == "old")
        }
    }

    @Test func foldersDevicesAndAbsentFilesAreRefused() throws {
        try withTemporaryFolder { folder in
            let isFolder = #expect(throws: FileError.self) { try MappedFile(path: folder) }
            #expect(isFolder?.kind == .notRegularFile)
            let isDevice = #expect(throws: FileError.self) { try MappedFile(path: "/dev/null") }
            #expect(isDevice?.kind == .notRegularFile)
            let path = "\(folder)/absent"
            let isAbsent = #expect(throws: FileError.self) { try MappedFile(path: path) }
            #expect(isAbsent?.kind == .missing)
            #expect(isAbsent?.description.hasPrefix("\(path): cannot open the file") == true)
        }
    }
}
