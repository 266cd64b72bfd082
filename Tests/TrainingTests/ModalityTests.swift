import Checkpointing
import Datasets
import Foundation
import Testing
import Training

/// What of each modality a run shows, in which shares, and how much it matters.
@Suite struct ModalityTests {
    /// A run whose audio-visual samples say what they require.
    private static func run(requires: String) throws -> TinyRun {
        let run = try TinyRun()
        let rows = TinyRun.rows(0..<TinyRun.countPerModality).replacingOccurrences(
            of: #"{"id": "av"#, with: #"{"requires": [\#(requires)], "id": "av"#)
        try run.write(rows, to: "train.json")
        return run
    }

    @Test func quotasOfAStepHoldOverItsBatches() async throws {
        let run = try TinyRun()
        let events = Events()
        try await run.train(
            "run",
            [
                "data.batch={visual: 3, audio: 1, audio_visual: 5, per: step}",
                "train.accumulation=2", "train.steps=5",
            ], observe: events.add)
        #expect(events.steps.count == 5)
        for step in events.steps {
            #expect(
                step.modalities.mapValues(\.sampleCount) == [
                    .visual: 3, .audio: 1, .audioVisual: 5,
                ])
        }
    }

    @Test func temperatureOneShowsEverythingOnceAnEpoch() async throws {
        let run = try TinyRun()
        try await run.train(
            "run",
            [
                "data.exhausted=temperature", "data.temperature=1", "train.steps=null",
                "train.epochs=1", "data.batch={visual: 4, audio: 1, audio_visual: 1}",
            ])
        let counts = try run.checkpoint("run").ledger.counts
        #expect(counts.count == 3 * TinyRun.countPerModality)
        #expect(counts.values.allSatisfy { $0.reduce(0, +) == 1 })
    }

    @Test(arguments: [
        (#""visual""#, "muted", [5, 0, 0]), (#""audio""#, "blanked", [0, 5, 0]),
        (#""audio""#, "muted", [0, 0, 5]), ("", "muted", [0, 0, 5]),
    ])
    func ledgerSaysAsWhatSamplesWereShown(
        requires: String, withheld: String, expected: [Int]
    ) async throws {
        let run = try Self.run(requires: requires)
        let events = Events()
        try await run.train(
            "run",
            [
                "data.modality_augmentation={\(withheld): 1}", "train.steps=null",
                "train.epochs=1",
            ], observe: events.add)
        let ledger = try run.checkpoint("run").ledger
        let shown = ["visual", "audio", "audio-visual"].map { modality in
            ledger.counts.reduce(0) { sum, entry in
                let index = ledger.modalities.firstIndex(of: modality) ?? 0
                return sum + (entry.key.contains("/av") ? entry.value[index] : 0)
            }
        }
        #expect(shown == expected)
        let canBe = requires == #""visual""# ? "5 can be muted and 0" : "0 can be muted and"
        #expect(events.notices.contains { $0.contains("of 5 audio-visual samples, \(canBe)") })
    }

    @Test func mutedSamplesAreLearntWithSilence() async throws {
        let run = try Self.run(requires: #""visual""#)
        let settings = [
            "train.steps=1", "train.accumulation=1", "train.lora=null",
            "data.batch={audio_visual: 5}", "data.train=[{file: \(run.folder)/av.json}]",
            "data.audio_variants=0", "data.augmentation=null",
            "optimizer.learning_rate=1e-12", "validation.every_steps=0", "data.validation=[]",
        ]
        let rows = TinyRun.rows(0..<5).split(separator: "\n").filter { $0.contains("\"av") }
            .map { $0.replacingOccurrences(of: "{\"id", with: #"{"requires": ["visual"], "id"#) }
            .joined(separator: "\n").trimmingCharacters(in: CharacterSet(charactersIn: "[],\n"))
        try run.write("[\(rows)]", to: "av.json")
        let muted = Events()
        try await run.train(
            "muted", settings + ["data.modality_augmentation={muted: 1}"], observe: muted.add)
        for index in 0..<5 {
            try TinyRun.silence(seconds: 1).write(to: run.url("\(index).wav"))
        }
        let silent = Events()
        try await run.train(
            "silent", settings + ["start_from=\(run.folder)/muted"], observe: silent.add)
        #expect(abs(muted.steps[0].loss - silent.steps[0].loss) < 1e-5)
    }

    @Test func whatIsAlwaysSilentIsNotReliedOn() async throws {
        let run = try TinyRun()
        try run.write(TinyRun.rows(0..<4), to: "held.json")
        for index in 0..<TinyRun.countPerModality {
            try TinyRun.silence(seconds: 1).write(to: run.url("\(index).wav"))
        }
        let events = Events()
        let settings = [
            "reliance={data: \(run.folder)/held.json, samples: 4, every_steps: 2}",
            "data.audio_variants=0", "data.augmentation=null",
        ]
        let summary = try await run.train("run", settings, observe: events.add)
        let reports = events.all.compactMap { event -> RelianceReport? in
            if case .measuredReliance(let report) = event { report } else { nil }
        }
        #expect(reports.map(\.step) == [2, 4, 6, 7])
        for report in reports {
            #expect(report.sampleCount == 4)
            #expect(report.audio == 0 && report.match == 0)
            #expect(abs(report.visual) > 1e-6)
        }
        #expect(summary.reliance == reports.last)
        let lines = try run.metrics("run").filter { $0.contains("\"reliance\"") }
        #expect(lines.count == 4)
        let data = try Data(contentsOf: run.url("run/summary.json"))
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let kept = try #require(object?["reliance"] as? [String: Any])
        let visual = try #require(kept["visual"] as? Double)
        #expect(abs(visual - (reports.last?.visual ?? .nan)) < 1e-12)
    }

    @Test func relianceNeedsHeldOutSamplesWithSoundsToSwap() async throws {
        let run = try TinyRun()
        let one = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["reliance={data: \(run.folder)/validation.json}"])
        }
        #expect(
            one?.description
                == "reliance.data: \(run.folder)/validation.json gives 1 audio-visual samples, "
                + "without two different sounds to swap; name a file with more of them")
        let trained = await #expect(throws: TrainingError.self) {
            try await run.train("run", ["reliance={data: \(run.folder)/train.json}"])
        }
        #expect(trained?.detail == "\(run.folder)/train.json is trained on, too")
    }

    /// The rows whose ids begin so, and go on with a number.
    private static func rows(_ prefix: String) -> String {
        let ids = (0..<TinyRun.countPerModality).map { "\"id\": \"\(prefix)\($0)\"" }
        let lines = TinyRun.rows(0..<TinyRun.countPerModality).split(separator: "\n")
        let rows = lines.filter { line in ids.contains { line.contains($0) } }.map {
            $0.trimmingCharacters(in: CharacterSet(charactersIn: "[],"))
        }
        return "[" + rows.joined(separator: ",\n") + "]"
    }

    @Test func aNewProjectorBesideALearntOneIsMeasured() async throws {
        let run = try TinyRun()
        try run.write(Self.rows("v"), to: "visual.json")
        try await run.train(
            "seeing",
            [
                "model.audio=null", "data.batch={visual: 2}", "data.validation=[]",
                "data.train=[{file: \(run.folder)/visual.json}]", "data.audio_variants=0",
                "data.augmentation=null", "train.steps=1", "validation.every_steps=0",
            ])
        try await run.train("both", ["start_from=\(run.folder)/seeing", "train.steps=1"])
        let (seeing, both) = (try run.checkpoint("seeing"), try run.checkpoint("both"))
        let name = "model.mm_projector.feature_scale"
        #expect(both.tensors[name] == seeing.tensors[name])
        let heard = try #require(both.tensors["model.mm_projector_a.feature_scale"]).scalars
        #expect(heard.allSatisfy { $0 != 1 })
    }

    /// Float32 sums in another order.
    private static let normTolerance = 1e-5

    @Test(arguments: [
        (Modality.visual, "v", ["model.audio=null"]), (.audio, "a", ["model.visual=null"]),
        (.audioVisual, "av", []),
    ])
    func theNormOfAModalityIsThatOfItsSamplesAlone(
        _ modality: Modality, _ prefix: String, _ without: [String]
    ) async throws {
        let run = try TinyRun()
        try run.write(Self.rows(prefix), to: "alone.json")
        let settings = [
            "train.steps=1", "train.accumulation=1", "train.lora.dropout=0",
            "train.lora.patterns=[]", "data.audio_variants=0", "data.augmentation=null",
            "data.validation=[]", "validation.every_steps=0",
        ]
        let (mixed, alone) = (Events(), Events())
        try await run.train(
            "mixed",
            settings + [
                "data.batch={visual: 5, audio: 5, audio_visual: 5}", "debug.modality_norms=1",
            ], observe: mixed.add)
        let key = modality.rawValue.replacingOccurrences(of: "-", with: "_")
        try await run.train(
            "alone",
            settings + without + [
                "data.batch={\(key): 5}", "data.train=[{file: \(run.folder)/alone.json}]",
            ], observe: alone.add)
        let (whole, part) = (try #require(mixed.steps.first), try #require(alone.steps.first))
        let norms = whole.modalities.compactMapValues(\.gradientNorm)
        #expect(norms.count == 3 && whole.gradientNorm < norms.values.reduce(0, +))
        // Each is divided by the tokens of its own step.
        func count(_ step: StepReport) -> Double {
            Double(step.modalities.values.reduce(0) { $0 + $1.supervisedCount })
        }
        let (found, expected) = (
            try #require(norms[modality]) * count(whole), part.gradientNorm * count(part)
        )
        #expect(expected > 0 && abs(found - expected) <= Self.normTolerance * expected)
    }

    /// With dropout and weights of losses, which the parts share with the step.
    @Test func theNormOfTheOnlyModalityIsThatOfTheStep() async throws {
        let run = try TinyRun()
        try run.write(Self.rows("v"), to: "visual.json")
        let events = Events()
        try await run.train(
            "run",
            [
                "model.audio=null", "data.batch={visual: 2}", "data.validation=[]",
                "data.train=[{file: \(run.folder)/visual.json}]", "data.audio_variants=0",
                "data.augmentation=null", "validation.every_steps=0", "train.steps=3",
                "train.loss_weights={visual: 0.5}", "debug.modality_norms=1",
            ], observe: events.add)
        #expect(events.steps.count == 3)
        for step in events.steps {
            let norm = try #require(step.modalities[.visual]?.gradientNorm)
            #expect(abs(norm - step.gradientNorm) <= Self.normTolerance * step.gradientNorm)
        }
    }

    @Test func normsOfModalitiesStandInTheLogAndChangeNothing() async throws {
        let run = try TinyRun()
        let settings = ["train.loss_weights={visual: 0.5, audio: 2}"]
        let measured = settings + ["debug.modality_norms=3"]
        try await run.train("plain", settings)
        try await run.train("measured", measured)
        let (plain, other) = (try run.checkpoint("plain"), try run.checkpoint("measured"))
        #expect(plain.tensors == other.tensors && plain.optimizer == other.optimizer)
        let lines = try run.metrics("measured").filter { $0.contains("\"learning_rate\"") }
        // Besides that of the whole step.
        let counts = lines.map { $0.components(separatedBy: "\"gradient_norm\"").count - 2 }
        #expect(counts == [0, 0, 3, 0, 0, 3, 0])
        try await run.train("stopped", measured, stoppingAfter: 2)
        try await run.train("stopped", measured, resuming: true)
        try expectEqual(run, "measured", "stopped")
        let recipe = try run.recipe("planned", measured)
        let seconds = try Planner(recipe: recipe).plan().seconds
        #expect(seconds.modalityNorms > 0 && seconds.modalityNorms < seconds.steps)
    }

    @Test func everySettingResumesToTheBit() async throws {
        let run = try Self.run(requires: #""visual""#)
        try run.write(TinyRun.rows(0..<3), to: "held.json")
        let settings = [
            "data.batch={visual: 3, audio: 1, audio_visual: 3, per: step}",
            "data.modality_augmentation={muted: 0.5, blanked: 0.2}",
            "data.exhausted=temperature", "data.temperature=2",
            "train.loss_weights={visual: 0.5, audio: 2}",
            "reliance={data: \(run.folder)/held.json, every_steps: 2}",
        ]
        try await run.train("straight", settings)
        for last in [1, 2, 5] {
            try await run.train("stopped", settings, resuming: last > 1, stoppingAfter: last)
        }
        try await run.train("stopped", settings, resuming: true)
        try expectEqual(run, "straight", "stopped")
    }
}
