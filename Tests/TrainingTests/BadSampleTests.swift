import Checkpointing
import Datasets
import Foundation
import Testing
import Training

/// Samples that cannot be trained on end a run, or are left out of it and told.
@Suite struct BadSampleTests {
    /// A run with a broken sound (of `a2` and `av2`), a missing picture (of `v3` and `av3`), two rows
    /// of which nothing is to be learnt and one that is too long, of 18 samples.
    private static func run() throws -> TinyRun {
        let run = try TinyRun()
        try run.write("no sound", to: "2.wav")
        try FileManager.default.removeItem(at: run.url("3.picture"))
        let long = String(repeating: "long ", count: 200)
        let more = [("empty", " "), ("long", long)].map { id, answer in
            #"{"id": "\#(id)", "audio": "0.wav", "conversations": [{"from": "human", "value": "#
                + #""<audio>What?"}, {"from": "gpt", "value": "\#(answer)"}]}"#
        }
        let open =
            #"{"id": "open", "audio": "0.wav", "conversations": [{"from": "human", "value": "#
            + #""<audio>What?"}]}"#
        let rows = TinyRun.rows(0..<TinyRun.countPerModality).dropLast()
        try run.write("\(rows),\((more + [open]).joined(separator: ","))]", to: "train.json")
        return run
    }

    private static let skip = ["data.on_bad_sample=skip"]

    @Test func skippedSamplesAreCountedAndListed() async throws {
        let run = try Self.run()
        let events = Events()
        let summary = try await run.train("run", Self.skip, observe: events.add)
        #expect(summary.step == 7)
        #expect(
            summary.skipped.map(\.id) == ["empty", "open", "v3", "av3", "a2", "av2", "long"])
        #expect(summary.skipped[0].row == "row 16")
        #expect(summary.skipped[0].reason == "turn 2 is an empty answer; expected text")
        #expect(
            summary.skipped[1].reason
                == "ends with a question; expected an answer after every question")
        #expect(summary.skipped[2].reason == "no media file at \(run.folder)/3.picture")
        #expect(summary.skipped[4].reason.hasPrefix("\(run.folder)/2.wav: is no picture, video or"))
        #expect(summary.skipped[6].reason.contains("tokens"))
        #expect(events.notices.first?.hasPrefix("skipped 7 bad samples:\n") == true)
        let written = try JSONSerialization.jsonObject(
            with: Data(contentsOf: run.url("run/summary.json")))
        let object = try #require(written as? [String: Any])
        #expect(object["skipped"] as? Int == 7)
        #expect((object["skipped_samples"] as? [[String: String]])?.count == 7)
        let first = try #require(try run.metrics("run").first)
        #expect(first.contains(#""skipped":7"#) && first.contains(#""id":"long""#))
        let counts = try run.checkpoint("run").ledger.counts
        #expect(Set(counts.keys).isDisjoint(with: summary.skipped.map { "0/\($0.id ?? "")" }))
        for report in events.steps {
            #expect(report.modalities.values.map(\.sampleCount) == [2, 2, 2], "no place is empty")
        }
    }

    @Test func aRunWithSkippedSamplesIsResumedToTheSameBits() async throws {
        let run = try Self.run()
        try await run.train("straight", Self.skip)
        try await run.train("stopped", Self.skip, stoppingAfter: 3)
        try await run.train("stopped", Self.skip, resuming: true)
        #expect(try run.checkpoint("straight").tensors == run.checkpoint("stopped").tensors)
        #expect(try run.metrics("straight") == run.metrics("stopped"))
    }

    @Test func otherBadSamplesThanBeforeAreOtherData() async throws {
        let run = try Self.run()
        try await run.train("run", Self.skip, stoppingAfter: 1)
        try TinyRun.sound(2, seconds: 0.4).write(to: run.url("2.wav"))
        let error = await #expect(throws: TrainingError.self) {
            try await run.train("run", Self.skip, resuming: true)
        }
        #expect(error?.detail == "was made with other annotation files than those named now")
    }

    @Test func tooManyBadSamplesEndTheRun() async throws {
        let run = try Self.run()
        for (limit, count) in [(3, 4), (6, 7)] {
            let error = await #expect(throws: TrainingError.self) {
                try await run.train("run", Self.skip + ["data.maximum_bad_samples=\(limit)"])
            }
            #expect(error?.subject == "data.maximum_bad_samples")
            #expect(
                error?.detail.hasPrefix(
                    "\(count) samples cannot be trained on, more than \(limit); the first: "
                        + "\(run.folder)/train.json row 16 (id \"empty\"): ") == true)
        }
    }

    @Test(arguments: ["empty", "open"])
    func aSampleWithNothingToLearnEndsARunThatDoesNotSkip(id: String) async throws {
        let run = try Self.run()
        let error = await #expect(throws: DatasetError.self) { try await run.train("run") }
        #expect(error?.description.contains("id \"\(id)\"") == true)
    }

    @Test func withoutBadSamplesSkippingChangesNothing() async throws {
        let run = try TinyRun()
        try await run.train("stop")
        let summary = try await run.train("skip", Self.skip)
        #expect(summary.skipped.isEmpty)
        #expect(try run.checkpoint("stop").tensors == run.checkpoint("skip").tensors)
    }
}
