import Checkpointing
import Datasets
import Foundation
import Recipes
import Testing
import Training
import Verification

/// Runs whose steps are filled by tokens.
@Suite struct TokenBudgetRunTests {
    private static let plain = [
        "data.batch={visual: 1, audio: 1, audio_visual: 1}", "train.lora.patterns=[]",
        "train.accumulation=1", "train.steps=null", "train.epochs=2",
    ]

    /// The tokens of the longest sample, and settings of a budget that holds it so many times.
    private static func budget(
        _ run: TinyRun, times factor: Int
    ) throws -> (longest: Int, settings: [String]) {
        let plan = try Planner(recipe: try run.recipe("run", plain)).plan()
        let longest = try #require(plan.modalities.values.map(\.longestTokenCount).max())
        let budget = factor * longest
        return (
            longest, plain + ["data.batch.tokens=\(budget)", "data.maximum_tokens=\(budget)"]
        )
    }

    @Test func stepsHoldWhatFitsAndEpochsEverySample() async throws {
        let run = try TinyRun()
        let (longest, settings) = try Self.budget(run, times: 3)
        let events = Events()
        let plan = try Planner(recipe: try run.recipe("run", settings)).plan()
        let summary = try await run.train("run", settings, observe: events.add)
        #expect(events.steps.count == summary.stepCount && plan.stepCount == summary.stepCount)
        #expect(plan.tokenCount == summary.packing.tokenCount)
        #expect(plan.rowCount == summary.packing.rowCount)
        #expect(events.steps.allSatisfy { $0.packing.tokenCount <= 3 * longest })
        let short = events.steps.filter { $0.packing.tokenCount <= 2 * longest }
        #expect(short.count <= 2, "the last step of each epoch alone may be short")
        let checkpoint = try run.checkpoint("run")
        #expect(checkpoint.progress.epoch == 2 && checkpoint.progress.position == 0)
        let counts = checkpoint.ledger.counts
        #expect(counts.count == 3 * TinyRun.countPerModality)
        #expect(counts.values.allSatisfy { $0.reduce(0, +) == 2 })
    }

    @Test(arguments: [
        [], ["train.accumulation=2"], ["train.accumulation=2", "data.batch.per=step"],
        ["data.batch.questions_per_clip=2"],
    ])
    func stoppedRunsEndAsTheStraightOne(_ settings: [String]) async throws {
        let run = try TinyRun()
        let budget = try Self.budget(run, times: 3).settings
        let verifier = try ResumeVerifier(stepCount: 5) {
            try Recipe(
                contentsOf: "\(run.folder)/recipe.yaml", settings: budget + settings + $0)
        }
        let straight = try await verifier.straight()
        for stops in [[2], [1, 3, 4]] {
            let row = try await verifier.stopped(after: stops, straight: straight)
            #expect(row.differing.isEmpty)
        }
        try verifier.removeRuns()
    }

    @Test func aSampleThatDoesNotFitIsNamed() async throws {
        let run = try TinyRun()
        let (longest, settings) = try Self.budget(run, times: 1)
        let tight =
            settings + [
                "data.batch.tokens=\(longest - 1)", "data.maximum_tokens=\(longest - 1)",
            ]
        let error = await #expect(throws: DatasetError.self) { try await run.train("run", tight) }
        #expect(error?.subject.hasPrefix("sample \"av") == true)
        #expect(error?.detail.contains("is \(longest) tokens long") == true)
        let plan = try Planner(recipe: try run.recipe("run", tight)).plan()
        #expect(plan.tooLong.count == TinyRun.countPerModality)
    }
}
