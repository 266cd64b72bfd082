import Files
import Foundation
import Testing

@Suite struct SharedFileLockTests {
    @Test func oneIsAloneOnlyWhenNobodyElseHoldsIt() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("shared-lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let one = try SharedFileLock(path: path)
        do {
            let other = try SharedFileLock(path: path)
            #expect(try one.alone { 1 } == nil)
            #expect(try other.alone { 1 } == nil)
        }
        #expect(try one.alone { 1 } == 1)
        #expect(try one.alone { try FileLock(path: path) == nil } == true)
        struct Failure: Error {}
        #expect(throws: Failure.self) { try one.alone { throw Failure() } }
        let third = try SharedFileLock(path: path)
        #expect(try third.alone { 1 } == nil)
        withExtendedLifetime(one) {}
    }
}
