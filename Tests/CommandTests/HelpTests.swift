import Foundation
import TestKit
import Testing
import duet

/// The help texts as they are; `Tests/Fixtures/help/README.md` says how to renew them.
@Suite struct HelpTests {
    @Test(arguments: ["duet"] + Help.commandNames)
    func helpIsAsKept(name: String) throws {
        let kept = try String(
            contentsOf: Fixtures.url("help/\(name).txt"), encoding: .utf8)
        let text = try #require(Help.text(of: name == "duet" ? nil : name))
        #expect(text.trimmingCharacters(in: .newlines) == kept.trimmingCharacters(in: .newlines))
    }

    @Test(arguments: Help.commandNames)
    func everyHelpHasAnExample(name: String) throws {
        #expect(try #require(Help.text(of: name)).contains("Example: duet \(name)"))
    }

    @Test(arguments: ["duet"] + Help.commandNames)
    func helpFitsEightyColumns(name: String) throws {
        let text = try #require(Help.text(of: name == "duet" ? nil : name))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
