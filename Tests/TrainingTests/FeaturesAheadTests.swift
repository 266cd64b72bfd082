import Checkpointing
import Datasets
import Foundation
import Media
import Recipes
import Synchronization
import Testing
import Training

/// Media are encoded beside the steps that show them: in time, no further than they may, and to the same bits.
@Suite struct FeaturesAheadTests {
    /// Sounds that come one a step.
    private static let soundCount = 24

    /// A run with many sounds, one of them a step, and projectors that have learnt, so that nothing is
    /// encoded before the first step.
    static func run() async throws -> TinyRun {
        let run = try TinyRun()
        try await run.train("first", ["train.steps=1", "data.feature_cache=\(run.folder)/others"])
        let rows = try (0..<soundCount).map { index in
            try TinyRun.sound(index, seconds: 0.3).write(to: run.url("sound\(index).wav"))
            return
                #"{"id": "s\#(index)", "audio": "sound\#(index).wav", "conversations": [{"from": "#
                + #""human", "value": "<audio>\nWhat?"}, {"from": "gpt", "value": "It is \#(index)."}]}"#
        }
        try run.write("[" + rows.joined(separator: ",\n") + "]", to: "sounds.json")
        return run
    }

    static func settings(_ run: TinyRun, _ more: String...) -> [String] {
        [
            "start_from=\(run.folder)/first", "data.train=[{file: \(run.folder)/sounds.json}]",
            "data.validation=[]", "validation.every_steps=0", "data.batch={audio: 1}",
            "train.accumulation=1", "train.steps=\(soundCount)", "checkpoint.every_steps=0",
        ] + more
    }

    /// The sounds in the order in which the steps of `settings` show them.
    private func order(_ run: TinyRun) async throws -> [Int] {
        var order: [Int] = []
        for steps in 1...4 {
            try await run.train(
                "order", Self.settings(run, "train.steps=\(steps)"), overwriting: true)
            let seen = try run.checkpoint("order").ledger.counts.keys
            let indices = seen.compactMap { Int($0.dropFirst("0/s".count)) }
            order += indices.filter { !order.contains($0) }
        }
        return order
    }

    @Test func encodingStaysWithinItsBound() async throws {
        let run = try await Self.run()
        let features = try InputParts(recipe: try run.recipe("run")).features
        let asked = Mutex<[Int]>([])
        let ahead = FeaturesAhead(
            features, steps: 3..<Self.soundCount, interruption: Interruption()
        ) { step in
            asked.withLock { $0.append(step) }
            return [MediaUse(.file(path: "\(run.folder)/sound\(step).wav", variant: 1), .audio)]
        }
        for step in [3, 4, 9, 11] {
            #expect(try await ahead.hasMedia(ofStep: step))
            let steps = asked.withLock { $0 }
            #expect(steps == Array(3..<3 + steps.count), "each once, in order")
            #expect(steps.count <= step + 1 + FeaturesAhead.stepLimit - 3)
            #expect(features.encodedCount >= step + 1 - 3)
            #expect(features.encodedCount <= steps.count)
        }
        await ahead.end()
        #expect(try await !ahead.hasMedia(ofStep: Self.soundCount - 1), "nobody wants more")
        let kept = try FeatureCache(path: "\(run.folder)/features").count
        #expect(kept == features.encodedCount, "what was encoded is on disk")
    }

    @Test func mediaThatNoStepShowsAreNotEncoded() async throws {
        let run = try await Self.run()
        let settings = Self.settings(run, "train.steps=5", "data.audio_variants=4")
        let plan = try Planner(recipe: try run.recipe("run", settings)).plan()
        let first = try await run.train("run", settings)
        #expect(first.encodedCount == 5, "a variant of each of five sounds")
        #expect(plan.encodings["audio"]?.clipCount == 5 && plan.encodings["visual"] == nil)
        let second = try await run.train("again", settings)
        #expect(second.encodedCount == 0 && second.encodingSeconds == 0)
    }

    @Test func newProjectorsMeasureWhatTheStepsTake() async throws {
        let run = try await Self.run()
        let settings = Self.settings(
            run, "train.steps=5", "start_from=null", "data.audio_variants=0",
            "data.augmentation=null")
        let summary = try await run.train("run", settings)
        #expect(summary.encodedCount == 5)
        // Whatever else the cache holds, and whoever filled it.
        let other = settings + ["data.feature_cache=\(run.folder)/other-features"]
        try await run.train("other", Self.settings(run) + Array(other.suffix(1)))
        try await run.train("same", other)
        try expectEqual(run, "run", "same")
    }

    @Test(arguments: ["float16", "float32"])
    func emptyAndFullCachesMakeTheSameBits(type: String) async throws {
        let run = try TinyRun()
        let settings = ["data.feature_type=\(type)", "data.audio_variants=3"]
        let cold = try await run.train("cold", settings)
        let warm = try await run.train("warm", settings)
        #expect(cold.encodedCount > 0 && warm.encodedCount == 0)
        try expectEqual(run, "cold", "warm")
        let other = settings + ["data.feature_cache=\(run.folder)/other-features"]
        try await run.train("stopped", other, stoppingAfter: 2)
        try await run.train("stopped", other, resuming: true)
        try expectEqual(run, "cold", "stopped")
    }

    @Test func aBrokenFileStopsTheRunWhereItIsNeeded() async throws {
        let run = try await Self.run()
        let index = try await order(run)[3]
        let settings = Self.settings(run, "data.feature_cache=\(run.folder)/own-features")
        try run.write("no sound", to: "sound\(index).wav")
        let events = Events()
        let error = await #expect(throws: MediaError.self) {
            try await run.train("run", settings, observe: events.add)
        }
        #expect(error?.subject == "\(run.folder)/sound\(index).wav")
        #expect(error?.detail.hasPrefix("is no picture, video or sound") == true)
        #expect(
            error?.hint.hasSuffix(
                "step 4 needs it, and the run is saved after step 3: put the file right and continue "
                    + "with --resume, or begin anew with --overwrite and data.on_bad_sample: skip")
                == true)
        #expect(events.steps.map(\.step) == [1, 2, 3])
        #expect(try run.checkpoint("run").progress.step == 3)
        #expect(try FeatureCache(path: "\(run.folder)/own-features").count == 3)
        try TinyRun.sound(index, seconds: 0.3).write(to: run.url("sound\(index).wav"))
        let rest = try await run.train("run", settings, resuming: true)
        #expect(rest.encodedCount == Self.soundCount - 3, "the three before it were kept")
        try await run.train("straight", Self.settings(run))
        try expectEqual(run, "straight", "run")
    }

    @Test func anInterruptedRunKeepsWhatWasEncoded() async throws {
        let run = try await Self.run()
        let first = try await run.train("run", Self.settings(run), stoppingAfter: 2)
        #expect(first.step == 2 && first.encodedCount >= 2)
        #expect(
            first.encodedCount <= 3 + FeaturesAhead.stepLimit, "steps 1 and 2, and the one ahead")
        #expect(try FeatureCache(path: "\(run.folder)/features").count == first.encodedCount)
        let rest = try await run.train("run", Self.settings(run), resuming: true)
        #expect(rest.encodedCount == Self.soundCount - first.encodedCount)
    }

    @Test func soundsThatAreCutAreToldWhenTheRunEnds() async throws {
        let run = try await Self.run()
        try TinyRun.sound(2, seconds: 1.5).write(to: run.url("sound2.wav"))
        let events = Events()
        try await run.train("run", Self.settings(run), observe: events.add)
        #expect(
            events.notices == [
                "sounds longer than model.audio.seconds: 1; only their first 1.0 s are heard"
            ])
    }

    @Test func whatOtherRunsKeptMakesRoom() async throws {
        let run = try await Self.run()
        let folder = "\(run.folder)/shared"
        let settings = Self.settings(run, "data.feature_cache=\(folder)")
        try await run.train("other", settings + ["train.steps=10"])
        let otherCount = try FeatureCache(path: folder).byteCount
        let changed = settings + ["model.audio.segment_seconds=0.25"]
        let own = changed + ["data.feature_cache=\(run.folder)/own-features"]
        try await run.train("own", own)
        let byteCount = try FeatureCache(path: "\(run.folder)/own-features").byteCount
        #expect(byteCount > otherCount)
        let limited = changed + ["data.feature_cache_gigabytes=\(Double(byteCount) * 1e-9)"]
        try await run.train("limited", limited)
        #expect(try FeatureCache(path: folder).byteCount <= byteCount)
        let back = try await run.train("back", settings + ["train.steps=10"])
        #expect(back.encodedCount == 10, "what was removed")
        let again = try await run.train("again", limited)
        #expect(again.encodedCount == 0, "none of its own had to go")
        #expect(try FeatureCache(path: folder).byteCount <= byteCount)
        let tight = changed + ["data.feature_cache_gigabytes=\(Double(byteCount - 1) * 1e-9)"]
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("tight", tight)
        }
        #expect(
            error?.detail
                == "the features needed here take \(byteCount) bytes, more than \(byteCount - 1)")
        #expect(!FileManager.default.fileExists(atPath: "\(run.folder)/tight"))
    }
}
