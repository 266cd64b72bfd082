import Datasets
import Evaluation
import Foundation
import Testing

@Suite struct AccuracyReportTests {
    private func row(_ modality: Modality, _ task: String?, _ isRight: Bool) -> ScoredRow {
        ScoredRow(
            id: "x", modality: modality, task: task, expected: "", given: "", method: .generation,
            isRight: isRight)
    }

    private func json(_ report: AccuracyReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    @Test func rowsAreCountedByModalityAndTask() throws {
        let report = AccuracyReport([
            row(.visual, "see", true), row(.visual, "see", false), row(.audioVisual, "match", true),
            row(.audioVisual, nil, true),
        ])
        #expect(
            try json(report) == """
                {"accuracy":0.75,"count":4,"modalities":\
                {"audio-visual":{"accuracy":1,"count":2},"visual":{"accuracy":0.5,"count":2}},\
                "tasks":{"match":{"accuracy":1,"count":1},"none":{"accuracy":1,"count":1},\
                "see":{"accuracy":0.5,"count":2}}}
                """)
    }

    @Test func withoutRowsThereIsNoAccuracy() throws {
        #expect(
            try json(AccuracyReport([]))
                == #"{"accuracy":null,"count":0,"modalities":{},"tasks":{}}"#)
    }

    @Test func theMajorityIsTakenByTask() {
        func sample(_ task: String, _ answer: String?) -> Sample {
            Sample(id: "x", turns: [Turn(question: "?", answer: "")], task: task, answer: answer)
        }
        let samples = [
            sample("match", "yes"), sample("match", "No."), sample("match", "no"),
            sample("see", "dog"), sample("see", "cat"), sample("caption", nil),
        ]
        let rows = MajorityBaseline(learntFrom: samples).rows(for: samples)
        #expect(rows.map(\.isRight) == [false, true, true, false, true])
        #expect(rows.map(\.given) == ["no", "no", "no", "cat", "cat"])
    }

    @Test func rowsAreWrittenWithWhatWasExpectedAndGiven() throws {
        let row = ScoredRow(
            id: "r-1", modality: .audioVisual, task: "match", expected: "yes", given: "no",
            method: .likelihood, isRight: false)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            String(decoding: try encoder.encode(row), as: UTF8.self)
                == #"{"expected":"yes","given":"no","id":"r-1","method":"likelihood","#
                + #""modality":"audio-visual","right":false,"task":"match"}"#)
    }
}
