import Checkpointing
import Datasets
import Foundation
import Recipes
import Testing
import Training
import Verification

/// Runs whose steps hold several questions about one clip.
@Suite struct QuestionsOfAClipTests {
    private static let clipCount = 3
    private static let questionCount = 4

    /// Clips with some questions each, in turn.
    private static func run() throws -> TinyRun {
        let run = try TinyRun()
        let opening = #""value": "<image>\n<audio>\nLook and listen closely: "#
        let rows = (0..<clipCount * questionCount).map { index in
            let clip = index % clipCount
            return #"{"id": "q\#(index)", "image": "\#(clip).picture", "audio": "\#(clip).wav", "#
                + #""conversations": [{"from": "human", \#(opening)number \#(index)?"}, "#
                + #"{"from": "gpt", "value": "It is \#(index)."}]}"#
        }
        try run.write("[" + rows.joined(separator: ",\n") + "]", to: "train.json")
        return run
    }

    private static let apart = [
        "data.batch={audio_visual: 4}", "data.validation=[]", "validation.every_steps=0",
        "train.lora.dropout=0", "train.lora.patterns=[]", "train.steps=null", "train.epochs=2",
        "train.accumulation=1",
    ]
    private static let together = apart + ["data.batch.questions_per_clip=4"]

    @Test func theyAreComputedTogetherAndSeenAsOften() async throws {
        let run = try Self.run()
        let (apart, together) = (Events(), Events())
        try await run.train("apart", Self.apart, observe: apart.add)
        try await run.train("together", Self.together, observe: together.add)
        #expect(together.steps.count == apart.steps.count && together.steps.count == 6)
        func sum(_ events: Events, _ count: (PackingCounts) -> Int) -> Int {
            events.steps.reduce(0) { $0 + count($1.packing) }
        }
        #expect(sum(together) { $0.tokenCount } == sum(apart) { $0.tokenCount })
        #expect(sum(together) { $0.rowCount } < sum(apart) { $0.rowCount })
        #expect(together.steps.allSatisfy { $0.packing.efficiency > 1.5 })
        let ledger = try run.checkpoint("together").ledger
        #expect(try ledger == run.checkpoint("apart").ledger)
        #expect(ledger.counts.count == Self.clipCount * Self.questionCount)
        #expect(ledger.counts.values.allSatisfy { $0.reduce(0, +) == 2 })
    }

    @Test func theySharePartsOfAStepAndVariantsOfTheirSound() async throws {
        let run = try Self.run()
        let dealt = Self.together + ["data.batch.audio_visual=8", "data.batch.per=step"]
        let (varied, plain) = (Events(), Events())
        let halves = ["train.accumulation=2"]
        try await run.train("varied", dealt + halves, observe: varied.add)
        try await run.train(
            "plain", dealt + halves + ["data.audio_variants=0", "data.augmentation=null"],
            observe: plain.add)
        #expect(varied.steps.map(\.packing) == plain.steps.map(\.packing))
        #expect(varied.steps.map(\.loss) != plain.steps.map(\.loss))
        #expect(varied.steps[0].packing.efficiency > 1.5)
    }

    @Test func planKnowsThem() async throws {
        let run = try Self.run()
        let events = Events()
        let plan = try Planner(recipe: try run.recipe("run", Self.together)).plan()
        try await run.train("run", Self.together, observe: events.add)
        #expect(plan.stepCount == events.steps.count)
        #expect(plan.rowCount == events.steps.reduce(0) { $0 + $1.packing.rowCount })
    }

    @Test(arguments: [
        [], ["train.accumulation=2"], ["data.exhausted=temperature", "data.temperature=2"],
    ])
    func stoppedRunsEndAsTheStraightOne(_ settings: [String]) async throws {
        let run = try Self.run()
        let verifier = try ResumeVerifier(stepCount: 3) {
            try Recipe(
                contentsOf: "\(run.folder)/recipe.yaml",
                settings: Self.together + ["train.epochs=null", "train.steps=7"] + settings + $0)
        }
        let straight = try await verifier.straight()
        for stops in [[1], [1, 2]] {
            let row = try await verifier.stopped(after: stops, straight: straight)
            #expect(row.differing.isEmpty)
        }
        try verifier.removeRuns()
    }
}
