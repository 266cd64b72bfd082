import Checkpointing
import Foundation
import Recipes
import Testing
import Training
import Verification

/// The verifier sees equal states as equal, and says what differs where they are not.
@Suite struct ResumeVerifierTests {
    private func verifier(_ run: TinyRun, steps: Int) throws -> ResumeVerifier {
        try ResumeVerifier(stepCount: steps) {
            try Recipe(contentsOf: "\(run.folder)/recipe.yaml", settings: $0)
        }
    }

    @Test func stoppedRunsEndAsTheStraightOne() async throws {
        let run = try TinyRun()
        let verifier = try verifier(run, steps: 5)
        let straight = try await verifier.straight()
        #expect(straight.progress.step == 5)
        for stops in [[2], [1, 2, 3, 4]] {
            let row = try await verifier.stopped(after: stops, straight: straight)
            let digest = try straight.stateDigest()
            #expect(row.differing.isEmpty && row.digest == digest)
        }
        try verifier.removeRuns()
        #expect(throws: VerificationError.self) { try verifier.state(of: "straight") }
    }

    @Test func whatDiffersIsNamed() async throws {
        let run = try TinyRun()
        let straight = try await train(run, "one")
        var other = straight
        let name = try #require(other.ledger.counts.keys.sorted().first)
        other.ledger.counts[name]?[0] += 1
        other.progress.position += 1
        let row = try ResumeReport.Row("altered", other, straight: straight)
        #expect(row.differing == ["progress", "ledger of 1 samples"])
        #expect(!ResumeReport(stepCount: 1, digest: "", rows: [row]).hasPassed)
    }

    private func train(_ run: TinyRun, _ name: String) async throws -> Checkpoint {
        try await run.train(name, ["train.steps=1"])
        return try run.checkpoint(name)
    }

    @Test func digestIsOfTheStateAlone() async throws {
        let run = try TinyRun()
        let (one, other) = (try await train(run, "one"), try await train(run, "other"))
        #expect(one.recipe != other.recipe)
        #expect(try one.stateDigest() == other.stateDigest())
    }

    @Test func stopsAreSpreadOverTheSteps() throws {
        let run = try TinyRun()
        let five = try verifier(run, steps: 5)
        #expect(five.stops(count: 3) == [1, 2, 3])
        #expect(five.stops(count: 9) == [1, 2, 3, 4])
        #expect(try verifier(run, steps: 100).stepCount == 7, "the recipe's own")
        #expect(try verifier(run, steps: 7).stops(count: 2) == [2, 4])
    }
}
