import Checkpointing
import Datasets
import Files
import Foundation
import Layers
import Media
import Testing
import Training

/// What stops a run says where it stands and what is left.
@Suite struct FailureTests {
    @Test func lossThatIsNoNumberNamesStepAndSamples() async throws {
        let run = try TinyRun(brokenToken: "~")
        let lines = TinyRun.rows(0..<TinyRun.countPerModality).split(separator: "\n").map { line in
            line.contains("\"v4\"")
                ? line.replacingOccurrences(of: "is 4", with: "is ~") : "\(line)"
        }
        try run.write(lines.joined(separator: "\n"), to: "train.json")
        let events = Events()
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["checkpoint.every_steps=1"], observe: events.add)
        }
        let last = events.steps.count
        #expect(last > 0, "the sample is not in the first step of this seed")
        #expect(error?.kind == .notFinite && error?.subject == "step \(last + 1)")
        let sample = try #require(
            ["v4 (visual)", "av4 (audio-visual)", "a4 (audio)"].first {
                error?.detail.hasSuffix($0) == true
            }, "\(error?.detail ?? "")")
        #expect(
            error?.detail
                == "the loss is not finite; gatheringRows in model.embed_tokens is the first, of "
                + "sample \(sample)")
        let kept = CheckpointFolder(path: "\(run.folder)/run").path(forStep: last)
        #expect(
            error?.hint == "\(kept) is kept; lower the learning rate or look at these samples")
        #expect(try run.checkpoint("run").progress.step == last)
        #expect(try run.metrics("run").count == last)
    }

    @Test func validationLossThatIsNoNumberIsAnError() async throws {
        let run = try TinyRun(brokenToken: "~")
        let text = TinyRun.rows(0..<1).replacingOccurrences(of: "It is 0.", with: "It is ~.")
        try run.write(text, to: "validation.json")
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["train.steps=1"])
        }
        #expect(
            error?.detail
                == "the validation loss is not finite; gatheringRows in model.embed_tokens is the "
                + "first, of sample v0 (visual)")
    }

    @Test func anOverflowIsTracedToItsOperation() async throws {
        let run = try TinyRun()
        let path = "model.mm_projector.weight"
        try await run.train("first", ["train.steps=1"])
        var checkpoint = try run.checkpoint("first")
        let shape = try #require(checkpoint.tensors[path]).shape
        checkpoint.tensors[path] = StoredArray(
            shape: shape, scalars: [Float](repeating: 3e38, count: shape.reduce(1, *)))
        try checkpoint.write(to: "\(run.folder)/large.h5")
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("second", ["start_from=\(run.folder)/large.h5"])
        }
        let detail = error?.detail ?? ""
        #expect(
            detail.contains("linear in model.mm_projector is the first, of sample "), "\(detail)")
        #expect(detail.hasSuffix("visual)"), "\(detail)")
    }

    @Test func watchedRunsMakeTheSameBits() async throws {
        let run = try TinyRun()
        try await run.train("plain", ["train.steps=2"])
        try await run.train("watched", ["train.steps=2", "debug.anomalies=true"])
        try expectEqual(run, "plain", "watched")
    }

    @Test func missingMediaAreNamed() async throws {
        let run = try TinyRun()
        try FileManager.default.removeItem(at: run.url("2.wav"))
        let error = await #expect(throws: DatasetError.self) { try await run.train("run") }
        #expect(error?.description.contains("no media file at \(run.folder)/2.wav") == true)
    }

    @Test func mediaThatCannotBeDecodedAreNamedAndTheRestIsKept() async throws {
        let run = try TinyRun()
        try run.write("no sound", to: "2.wav")
        let error = await #expect(throws: MediaError.self) { try await run.train("run") }
        #expect(error?.subject == "\(run.folder)/2.wav")
        #expect(!FileManager.default.fileExists(atPath: "\(run.folder)/run"))
        try TinyRun.sound(2, seconds: 0.4).write(to: run.url("2.wav"))
        let events = Events()
        try await run.train("run", observe: events.add)
        let plan = try Planner(
            recipe: try run.recipe("plan", ["data.feature_cache=\(run.folder)/none"])
        ).plan()
        let allCount = plan.encodings.values.reduce(0) { $0 + $1.clipCount }
        #expect(events.encodedCount > 0 && events.encodedCount < allCount)
    }

    @Test func twoRunsDoNotShareAFolder() async throws {
        let run = try TinyRun()
        try FileManager.default.createDirectory(
            at: run.url("run"), withIntermediateDirectories: true)
        let lock = try #require(try FileLock(path: "\(run.folder)/run/.lock"))
        let error = await #expect(throws: TrainingError.self) { try await run.train("run") }
        #expect(
            error?.description
                == "\(run.folder)/run: is in use: another run (process "
                + "\(ProcessInfo.processInfo.processIdentifier)) trains there; wait for it to end, or "
                + "give this run another folder: --set output=FOLDER")
        lock.release()
        try await run.train("run", ["train.steps=1"])
        #expect(!FileManager.default.fileExists(atPath: "\(run.folder)/run/.lock"))
    }

    @Test func aRunThatWentOnMeanwhileIsNotContinuedFromBefore() async throws {
        let run = try TinyRun()
        try await run.train("run", stoppingAfter: 1)
        let recipe = try run.recipe("run")
        let old = try run.checkpoint("run")
        let trainer = try #require(
            try await Trainer.prepared(
                bench: try Workbench(recipe: recipe, checkpoint: old), resuming: old))
        try await run.train("run", resuming: true, stoppingAfter: 3)
        let error = await #expect(throws: TrainingError.self) { try await trainer.run() }
        #expect(error?.detail == "came to step 3 meanwhile; this run goes on from step 1")
    }

    @Test func mediaAreEncodedOnce() async throws {
        let run = try TinyRun()
        let (first, second) = (Events(), Events())
        try await run.train("first", observe: first.add)
        #expect(first.encodedCount > 10, "five pictures, five sounds, and variants of these")
        try await run.train("second", observe: second.add)
        #expect(second.encodedCount == 0)
    }

    @Test func quotasHoldInEveryStep() async throws {
        let run = try TinyRun()
        let events = Events()
        try await run.train("run", observe: events.add)
        #expect(events.steps.map(\.step) == Array(1...7))
        for report in events.steps {
            for modality in [Modality.visual, .audio, .audioVisual] {
                #expect(report.modalities[modality]?.sampleCount == 2)
            }
        }
    }

    @Test func soundsThatAreCutAreTold() async throws {
        let run = try TinyRun()
        try TinyRun.sound(2, seconds: 1.5).write(to: run.url("2.wav"))
        let events = Events()
        try await run.train("run", observe: events.add)
        #expect(
            events.notices == [
                "sounds longer than model.audio.seconds: 1; only their first 1.0 s are heard"
            ])
    }

    @Test func validationWithoutSuchSamplesIsAnError() async throws {
        let run = try TinyRun()
        let rows = #"[{"id": "x", "conversations": [{"from": "human", "value": "Hm?"}, "#
        try run.write(rows + #"{"from": "gpt", "value": "Hm."}]}]"#, to: "validation.json")
        let error = await #expect(throws: TrainingError.self) { try await run.train("run") }
        #expect(
            error?.description
                == "data.validation: holds no samples of a modality that data.batch asks for; "
                + "name files with such samples, or none")
    }

    @Test func patternsOfARecipeAreSearchedInPaths() throws {
        let run = try TinyRun()
        let bench = try Workbench(recipe: try run.recipe("run"))
        let rates = bench.adapters.map { ($0.module.contains("layers.1"), $0.settings) }
        #expect(rates.count == 6)
        #expect(rates.allSatisfy { $0.1.dropoutRate == ($0.0 ? 0.5 : 0.2) })
        #expect(rates.allSatisfy { $0.1.rank == ($0.0 ? 1 : 2) })
    }
}
