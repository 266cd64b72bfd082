import Files
import Foundation
import Testing

@Suite struct SystemReasonTests {
    @Test func aMessageGoesOnAfterTheWordsOfAnError() throws {
        let missing = #expect(throws: (any Error).self) {
            try Data(contentsOf: URL(fileURLWithPath: "/no/such/file"))
        }
        let words = try #require(missing).systemReason
        #expect(!words.isEmpty && !words.hasSuffix("."))
        #expect(missing?.localizedDescription == words + ".")
    }
}
