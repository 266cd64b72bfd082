import Datasets
import Foundation
import Recipes
import Testing
import Training

/// What a plan says beside what the run then does.
@Suite struct PlanTests {
    private let settings = ["train.lora.patterns=[]"]

    @Test func countsAreThoseOfTheRun() async throws {
        let run = try TinyRun()
        let plan = try Planner(recipe: try run.recipe("run", settings)).plan()
        let events = Events()
        try await run.train("run", settings, observe: events.add)
        #expect(plan.basis == .measured && plan.countsAreExact && plan.tooLong.isEmpty)
        #expect(plan.missing.isEmpty)
        #expect(plan.stepCount == events.steps.count)
        #expect(plan.tokenCount == events.steps.reduce(0) { $0 + $1.packing.tokenCount })
        #expect(plan.rowCount == events.steps.reduce(0) { $0 + $1.packing.rowCount })
        let padded = events.steps.reduce(0) { $0 + $1.packing.paddedCount }
        #expect(plan.paddedCount == padded && padded > plan.tokenCount)
        let learnt = events.steps.flatMap(\.modalities.values).reduce(0) { $0 + $1.supervisedCount }
        #expect(plan.supervisedCount == learnt)
        for event in events.all {
            guard case .started(let description) = event else { continue }
            #expect(plan.trainedCounts == description.trainedCounts)
            #expect(plan.frozenCount == description.frozenCount)
            #expect(plan.stepsPerEpoch == description.stepsPerEpoch)
            for modality in Modality.allCases {
                #expect(plan[modality]?.sampleCount == description.sampleCounts[modality])
            }
        }
        #expect(plan.totalSeconds > 0 && plan.gflopPerStep > 0 && plan.peakMemoryByteCount > 0)
        #expect(plan.seconds.validation > 0 && plan.seconds.checkpoints > 0)
    }

    @Test func keptFeaturesCostNothing() async throws {
        let run = try TinyRun()
        let before = try Planner(recipe: try run.recipe("run", settings)).plan()
        let events = Events()
        try await run.train("run", settings, observe: events.add)
        let after = try Planner(recipe: try run.recipe("run", settings)).plan()
        let count = before.encodings.values.reduce(0) { $0 + $1.clipCount }
        #expect(count == events.encodedCount && count > 0)
        #expect(before.encodings.values.allSatisfy { $0.cachedCount == 0 && $0.seconds > 0 })
        #expect(after.encodings.values.allSatisfy { $0.cachedCount == $0.clipCount })
        #expect(after.seconds.encoding == 0)
        #expect(after.encodings.values.allSatisfy { $0.secondsWithoutCache > 0 })
    }

    @Test func longSamplesAreNamed() throws {
        let run = try TinyRun()
        let plan = try Planner(recipe: try run.recipe("run", settings)).plan()
        let longest = try #require(plan[.audioVisual]).longestTokenCount
        let tight = settings + ["data.maximum_tokens=\(longest - 1)"]
        let refused = try Planner(recipe: try run.recipe("run", tight)).plan()
        #expect(refused.tooLong.count == TinyRun.countPerModality)
        #expect(refused.tooLong.allSatisfy { $0.hasPrefix("av") })
        let lenient =
            tight + [
                "data.on_bad_sample=skip", "data.batch={visual: 1, audio: 1, audio_visual: 0}",
            ]
        let skipping = try Planner(recipe: try run.recipe("run", lenient)).plan()
        #expect(skipping.tooLong.isEmpty && skipping[.audioVisual] == nil)
        #expect(skipping.skippedCount == TinyRun.countPerModality)
    }

    @Test func runsThatShareOrWatchReliancePlanIt() async throws {
        let run = try TinyRun()
        let watching =
            settings + [
                "train.lora.dropout=0", "data.audio_variants=0", "data.augmentation=null",
                "data.modality_augmentation={muted: 0.5}",
                "reliance={data: \(run.folder)/held.json, every_steps: 3, samples: 2}",
            ]
        try run.write(TinyRun.rows(2..<4), to: "held.json")
        let plan = try Planner(recipe: try run.recipe("run", watching)).plan()
        #expect(plan.seconds.reliance > 0)
        #expect(plan.totalSeconds == plan.seconds.total)
        let events = Events()
        try await run.train("run", watching, observe: events.add)
        #expect(plan.rowCount == events.steps.reduce(0) { $0 + $1.packing.rowCount })
    }

    @Test func summarySaysWhatWasPlannedForThisRecipe() async throws {
        let run = try TinyRun()
        let recipe = try run.recipe("run", settings)
        let plan = try Planner(recipe: recipe).plan()
        try RunFolder(path: recipe.outputFolder).keep(plan)
        let kept =
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: run.url("run/plan.json"))) as? [String: Any]
        #expect(kept?["peak_memory_byte_count"] as? Int == plan.peakMemoryByteCount)
        let modalities = try #require(kept?["modalities"] as? [String: [String: Int]])
        #expect(modalities["audio-visual"]?["sample_count"] == TinyRun.countPerModality)
        let summary = try await run.train("run", settings)
        #expect(summary.prediction?.seconds == plan.totalSeconds)
        #expect(summary.prediction?.peakMemoryByteCount == plan.peakMemoryByteCount)
        let row =
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: run.url("run/summary.json"))) as? [String: Any]
        let planned = try #require(row?["planned_seconds"] as? Double)
        // Written and read as decimals.
        #expect(abs(planned - plan.totalSeconds) <= 1e-12 * plan.totalSeconds)
        let other = try await run.train("run", settings + ["seed=8"], overwriting: true)
        #expect(other.prediction == nil)
    }

    @Test func withoutWeightsSizesTell() throws {
        let run = try TinyRun()
        let recipe = try run.recipe("run", settings)
        let measured = try Planner(recipe: recipe).plan()
        try FileManager.default.removeItem(at: run.url("language/model.safetensors"))
        let reckoned = try Planner(recipe: recipe).plan()
        #expect(reckoned.basis == .reckoned && !reckoned.countsAreExact)
        #expect(reckoned.missing == ["\(run.folder)/language"])
        #expect(reckoned.stepCount == measured.stepCount)
        #expect(reckoned.trainedCounts["adapters"] == measured.trainedCounts["adapters"])
        #expect(
            reckoned.encodings.mapValues(\.clipCount) == measured.encodings.mapValues(\.clipCount))
        #expect(reckoned.totalSeconds > 0 && reckoned.peakMemoryByteCount > 0)
    }

    @Test func unknownSizesAreSaid() throws {
        let run = try TinyRun()
        let recipe = try run.recipe("run", settings + ["model.language=Models/no/such-model"])
        let error = #expect(throws: TrainingError.self) { try Planner(recipe: recipe).plan() }
        #expect(error?.kind == .asset && error?.subject == "Models/no/such-model")
        #expect(error?.hint.contains("vicuna-7b") == true)
    }
}
