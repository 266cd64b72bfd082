import Checkpointing
import Foundation
import Layers
import Recipes
import Tensors
import Testing
import Training

/// A run that was stopped and continued makes the same bits as one that was not.
@Suite struct ResumeTests {
    @Test(arguments: [
        [], ["train.lora.weight_decomposed=true", "optimizer.lora_plus_ratio=4"],
        ["train.parameters=['*']", "train.lora=null"],
        ["model.visual.boundary_tokens=true", "model.audio.boundary_tokens=true"],
        ["train.parameters=['*norm']", "train.projectors=false"],
    ])
    func resumeEqualsStraightRun(settings: [String]) async throws {
        let run = try TinyRun()
        let straight = try await run.train("straight", settings)
        #expect(straight.step == 7 && !straight.wasInterrupted)
        let first = try await run.train("stopped", settings, stoppingAfter: 3)
        #expect(first.step == 3 && first.wasInterrupted)
        let middle = try run.checkpoint("stopped").progress
        #expect(middle.epoch == 1 && middle.position == 1)
        try await run.train("stopped", settings, resuming: true, stoppingAfter: 4)
        let last = try await run.train("stopped", settings, resuming: true)
        #expect(last.step == 7 && !last.wasInterrupted)
        try expectEqual(run, "straight", "stopped")
    }

    @Test func anotherCheckpointIntervalChangesNoBit() async throws {
        let run = try TinyRun()
        try await run.train("straight")
        try await run.train("stopped", ["checkpoint.every_steps=5"], stoppingAfter: 3)
        let settings = ["checkpoint={every_steps: 1, keep: 1}"]
        try await run.train("stopped", settings, resuming: true, stoppingAfter: 5)
        let recipe = try run.recipe("stopped", settings).resolvedYAML
        #expect(try run.checkpoint("stopped").recipe == recipe)
        try await run.train("stopped", resuming: true)
        try expectEqual(run, "straight", "stopped")
    }

    @Test func stoppedBeforeTheFirstStepIsResumed() async throws {
        let run = try TinyRun()
        let summary = try await run.train("stopped", stoppingAfter: 0)
        #expect(summary.step == 0 && summary.wasInterrupted)
        try await run.train("stopped", resuming: true)
        try await run.train("straight")
        try expectEqual(run, "straight", "stopped")
    }

    @Test func resumingAFinishedRunChangesNothing() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=2"])
        let before = (try run.checkpoint("run"), try run.metrics("run"))
        let summary = try await run.train("run", ["train.steps=2"], resuming: true)
        #expect(summary.step == 2)
        #expect(try run.checkpoint("run") == before.0)
        #expect(try run.metrics("run") == before.1)
    }

    @Test func epochsEndWhereTheyEndUnderAccumulation() async throws {
        let run = try TinyRun()
        let summary = try await run.train("run", ["train.steps=null", "train.epochs=1"])
        #expect(summary.step == 3)
        let checkpoint = try run.checkpoint("run")
        #expect(checkpoint.progress.epoch == 1 && checkpoint.progress.position == 0)
        let counts = checkpoint.ledger.counts
        #expect(counts.count == 3 * TinyRun.countPerModality)
        #expect(counts.values.allSatisfy { $0.reduce(0, +) == 1 })
    }

    @Test func freshRunRefusesAnExistingFolder() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=2"])
        let error = await #expect(throws: TrainingError.self) { try await run.train("run") }
        #expect(
            error?.description
                == "\(run.folder)/run: holds a run of 2 steps already; --resume continues it, "
                + "--overwrite removes it")
        let summary = try await run.train("run", ["train.steps=1"], overwriting: true)
        #expect(summary.step == 1)
        #expect(try CheckpointFolder(path: "\(run.folder)/run").entries().map(\.step) == [1])
    }

    @Test func anotherRecipeIsRefusedWithTheDifference() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1"])
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["train.steps=1", "train.lora.rank=4"], resuming: true)
        }
        #expect(
            error?.description
                == "\(run.folder)/run: was made by another recipe: train.lora: 'rank: 2' there, "
                + "'rank: 4' here; resume with the recipe in \(run.folder)/run/recipe.yaml, or "
                + "start anew with --overwrite")
    }

    @Test func anotherLanguageModelIsRefused() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1"])
        try TinyModels.writeLanguage(to: "\(run.folder)/language", brokenToken: "~")
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["train.steps=1"], resuming: true)
        }
        #expect(error?.subject == "checkpoint")
        #expect(error?.detail.hasPrefix("was trained on another language part (SHA-256 ") == true)
    }

    @Test func otherAnnotationsAreRefused() async throws {
        let run = try TinyRun()
        try await run.train("run", stoppingAfter: 1)
        try run.write(TinyRun.rows(0..<4), to: "train.json")
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", resuming: true)
        }
        #expect(error?.detail == "was made with other annotation files than those named now")
    }

    @Test func startingFromAnotherEncoderIsRefused() async throws {
        let run = try TinyRun()
        try await run.train("first", ["train.steps=1"])
        try TinyModels.writeHearing(to: "\(run.folder)/hearing", seed: 1)
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("second", ["start_from=\(run.folder)/first"])
        }
        #expect(error?.subject == "start_from")
        #expect(error?.detail.hasPrefix("was trained on another audio part (SHA-256 ") == true)
    }

    @Test func adaptersWithoutAPlaceAreRefused() async throws {
        let run = try TinyRun()
        try await run.train("first", ["train.steps=1"])
        let error = await #expect(throws: TrainingError.self) {
            try await run.train(
                "second", ["start_from=\(run.folder)/first", "train.lora.targets=[q_proj, v_proj]"])
        }
        #expect(
            error?.detail
                == "holds 4 trained tensors that have no place in this recipe, such as "
                + "model.layers.0.mlp.down_proj.lora_A.weight")
    }

    @Test func whatAnEarlierRunTrainedIsKept() async throws {
        let run = try TinyRun()
        try await run.train("first", ["train.steps=2", "train.parameters=[model.norm]"])
        try await run.train("second", ["train.steps=2", "start_from=\(run.folder)/first"])
        let name = "model.norm.weight"
        let first = try #require(try run.checkpoint("first").tensors[name])
        #expect(first.scalars.contains { $0 != 1 })
        #expect(try run.checkpoint("second").tensors[name] == first)
    }

    @Test func patternsThatMeanFrozenProjectorsAreRefused() async throws {
        let run = try TinyRun()
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["train.projectors=false", "train.parameters=['*']"])
        }
        #expect(error?.subject == "train.parameters")
        #expect(
            error?.detail
                == "means model.mm_projector.weight, too, which train.projectors: false keeps frozen"
        )
    }

    @Test func openingWithoutItsPartsSaysWhatIsMissing() async throws {
        let run = try TinyRun()
        try await run.train("run", ["train.steps=1"])
        let checkpoint = try run.checkpoint("run")
        #expect(checkpoint.tensors.keys.allSatisfy { !$0.contains("/") })
        #expect(try Workbench.opening(checkpoint).trainedValuesEqual(checkpoint))
        try FileManager.default.removeItem(atPath: "\(run.folder)/sight")
        let error = #expect(throws: TrainingError.self) { try Workbench.opening(checkpoint) }
        #expect(error?.kind == .asset && error?.subject == "\(run.folder)/sight")
        #expect(error?.detail == "is no path and no known pretrained part")
    }
}

/// Expects the same tensors, moments, ledger, place and metrics of two runs, bit by bit.
func expectEqual(_ run: TinyRun, _ one: String, _ other: String) throws {
    let (a, b) = (try run.checkpoint(one), try run.checkpoint(other))
    #expect(a.tensors == b.tensors)
    #expect(a.optimizer == b.optimizer)
    #expect(a.progress == b.progress)
    #expect(a.ledger == b.ledger)
    #expect(a.random == b.random)
    #expect(a.metrics == b.metrics)
    #expect(a.digests == b.digests)
    #expect(try run.metrics(one) == run.metrics(other))
}

extension Workbench {
    /// Whether the model holds a checkpoint's tensors.
    fileprivate func trainedValuesEqual(_ checkpoint: Checkpoint) -> Bool {
        let values = Dictionary(
            uniqueKeysWithValues: parameters.map { ($0.path, $0.value.floats) })
        return checkpoint.tensors.allSatisfy { values[$0.key] == $0.value.scalars }
    }
}
