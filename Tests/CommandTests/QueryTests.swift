import Datasets
import Foundation
import Recipes
import TestKit
import Testing
import duet

@Suite struct QueryTests {
    private func model(visual: Bool = true, audio: Bool = true) throws -> Recipe.Model {
        let eye = "  visual: {encoder: eye, frames: 1, grid: [1, 1], tokens: [video]}"
        let ear = "  audio: {encoder: ear, seconds: 4, segment_seconds: 1, tokens: [clip]}"
        let parts: [String] = [
            "name: tiny", "model:", "  language: some-model", visual ? eye : "", audio ? ear : "",
            "data:", "  train: [{file: rows.json}]",
            "  batch: {\(visual ? "visual" : "audio"): 1}", "train: {steps: 1}",
            "optimizer: {learning_rate: 1e-3}",
        ]
        return try Recipe(
            yaml: parts.filter { !$0.isEmpty }.joined(separator: "\n"), file: "tiny.yaml"
        ).model
    }

    private func path(_ name: String) -> String { Fixtures.url("media/\(name)").path }

    @Test func marksStandBeforeTheQuestion() throws {
        let seen = try Query("What?", media: path("rgb.png"), audio: nil, model: model())
        #expect(seen.sample.turns[0].question == "<video>\nWhat?")
        #expect(seen.sample.modality == .visual)
        let both = try Query(
            "What?", media: path("rgb.png"), audio: path("tone.ogg"), model: model())
        #expect(both.sample.turns[0].question == "<video>\n<audio>\nWhat?")
        let heard = try Query("What?", media: path("tone.flac"), audio: nil, model: model())
        #expect(heard.sample.turns[0].question == "<audio>\nWhat?")
        #expect(heard.sample.modality == .audio)
        let own = try Query("It is <video> or?", media: path("rgb.png"), audio: nil, model: model())
        #expect(own.sample.turns[0].question == "It is <video> or?")
        let none = try Query("What?", media: nil, audio: nil, model: model())
        #expect(none.sample.modality == .text)
    }

    @Test func aVideoBringsItsOwnSound() throws {
        let both = try Query("What?", media: path("late_sound.mkv"), audio: nil, model: model())
        #expect(both.sample.modality == .audioVisual)
        #expect(both.sample.audioPath == both.sample.visualPath)
        let deaf = try Query(
            "What?", media: path("late_sound.mkv"), audio: nil, model: model(audio: false))
        #expect(deaf.sample.modality == .visual)
        #expect(deaf.remarks.count == 1)
    }

    @Test func whatTheModelCannotTakeInIsRefused() throws {
        let deaf = try model(audio: false)
        let blind = try model(visual: false)
        #expect(throws: CommandFailure.self) {
            try Query("What?", media: path("tone.ogg"), audio: nil, model: deaf)
        }
        #expect(throws: CommandFailure.self) {
            try Query("What?", media: path("rgb.png"), audio: path("tone.ogg"), model: deaf)
        }
        #expect(throws: CommandFailure.self) {
            try Query("What?", media: path("rgb.png"), audio: nil, model: blind)
        }
        let silent = #expect(throws: CommandFailure.self) {
            try Query("What?", media: nil, audio: path("rgb.png"), model: model())
        }
        #expect(silent?.detail == "holds no sound")
    }
}
