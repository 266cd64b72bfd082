import Foundation
import Recipes
import TestKit
import Testing

@Suite struct RecipeProblemTests {
    @Test func allProblemsAreToldAtOnceWithTheirPlaces() {
        let yaml = """
            sead: 1
            threads: two
            model:
              language:
              visual: {encoder: lite, frames: 0, grid: [1], tokens: [frame, frame, films]}
              learning_rate: 1
            data:
              train: []
              batch: {visual: 2.5, audio: 1}
            train:
              stpes: 10
              projectors: yes
              lora: {dropout: 1, patterns: [{match: "["}]}
            """
        #expect(
            Fixture.problems(yaml) == [
                "r.yaml:1:1: sead: unknown key; did you mean 'seed'; known here: checkpoint, data, "
                    + "debug, model, name, optimizer, output, purpose, reliance, schedule, seed, "
                    + "start_from, threads, train, validation",
                "r.yaml:2:10: threads: 'two'; expected integer from 0 to 1024",
                "r.yaml:4:12: model.language: null; expected asset name or path",
                "r.yaml:5:35: model.visual.frames: '0'; expected integer from 1 to 1024",
                "r.yaml:5:44: model.visual.grid: a list; expected [first, second], each integer "
                    + "from 1 to 256",
                "r.yaml:5:65: model.visual.tokens[1]: frame twice; expected once",
                "r.yaml:5:72: model.visual.tokens[2]: 'films'; expected frame or frame-pooled or "
                    + "video-spatial or video",
                "r.yaml:6:3: model.learning_rate: unknown key; it belongs under 'optimizer'; known "
                    + "here: audio, audio_token, chat_template, interleave, language, preset, "
                    + "projector, system_prompt, "
                    + "visual, visual_token, weights",
                "r.yaml:8:10: data.train: 0 elements; expected at least 1",
                "r.yaml:9:19: data.batch.visual: '2.5'; expected integer from 0 to 65536",
                "r.yaml:11:3: train.stpes: unknown key; did you mean 'steps'; known here: "
                    + "accumulation, epochs, gradient_checkpointing, lora, loss_weights, parameters, "
                    + "projectors, steps",
                "r.yaml:12:15: train.projectors: 'yes'; expected true or false",
                "r.yaml:13:19: train.lora.dropout: '1'; expected number at least 0, below 1",
                "r.yaml:13:41: train.lora.patterns[0].match: '['; expected regular expression",
                "r.yaml:10:1: train: neither steps nor epochs; expected one of them",
            ])
    }

    @Test func missingKeysAreToldWhereTheyBelong() {
        #expect(
            Fixture.problems("model:\n  visual: {frames: 2}\ntrain: {steps: 1}\n") == [
                "r.yaml:2:11: model.visual.encoder: missing; expected asset name or path",
                "r.yaml:2:3: model.language: missing; expected asset name or path",
                "r.yaml:1:1: data: missing; expected section",
            ])
    }

    @Test(arguments: [
        (["train.epochs=1"], "--set train.epochs: train.epochs: given beside steps"),
        (["train.steps=null"], "r.yaml:7:1: train: neither steps nor epochs"),
        (["data.batch.visual=0"], "r.yaml:6:3: data.batch: no samples"),
        (["data.batch.audio=1"], "r.yaml:1:1: model.audio: missing; expected a section"),
        (["model.audio_token=<video>"], "--set model.audio_token: model.audio_token: the same"),
        (["train.projectors=false"], "r.yaml:7:1: train: nothing to train"),
        (["data.audio_variants=2"], "--set data.audio_variants: data.audio_variants: set without"),
        (
            ["data.augmentation={}"],
            "--set data.augmentation: data.augmentation: without data.audio_variants"
        ),
        (
            ["validation.every_steps=5"],
            "--set validation.every_steps: validation.every_steps: set without data.validation"
        ),
        (["schedule.warmup_steps=11"], "--set schedule.warmup_steps: schedule.warmup_steps: more"),
        (
            ["schedule={warmup_steps: 1, warmup_ratio: 0.1}"],
            "--set schedule: schedule.warmup_ratio: given beside warmup_steps"
        ),
        (
            ["model.audio={encoder: w, seconds: 1, segment_seconds: 2}"],
            "--set model.audio: model.audio.segment_seconds: longer than seconds"
        ),
        (
            ["model.audio={encoder: w, stride_seconds: 4}"],
            "--set model.audio: model.audio.stride_seconds: given beside output: states"
        ),
        (
            ["model.audio={encoder: w, output: pooled, bands: 2}"],
            "--set model.audio: model.audio.bands: more than 1 of one vector"
        ),
        (
            ["model.interleave=true"],
            "--set model.interleave: model.interleave: without model.audio"
        ),
        (
            ["model.interleave=true", "model.audio={encoder: w, tokens: [clip]}"],
            "--set model.audio: model.audio.tokens: not in the order of time; expected [segment] or "
                + "[segment-pooled]"
        ),
        (["model.preset=video"], "--set model.preset: model.preset: 'video'; expected avicuna or"),
        (
            ["data.augmentation.speed=[2, 1]", "data.audio_variants=1"],
            "--set data.augmentation.speed: data.augmentation.speed: 2 is more than 1"
        ),
        (["data.exhausted=temperature"], "r.yaml:4:1: data.temperature: missing; expected one"),
        (["data.temperature=2"], "--set data.temperature: data.temperature: set without"),
        (
            [
                "data.modality_augmentation={muted: 0.6, blanked: 0.5}", "model.audio={encoder: w}",
                "data.batch.audio_visual=1",
            ],
            "--set data.modality_augmentation: data.modality_augmentation: muted and blanked come"
        ),
        (
            ["data.modality_augmentation={muted: 0.5}"],
            "--set data.modality_augmentation: data.modality_augmentation: set without"
        ),
        (["data.batch.tokens=511"], "--set data.batch.tokens: data.batch.tokens: less than"),
        (["reliance={data: a.json}"], "--set reliance: reliance: set without model.audio"),
    ])
    func rulesBetweenKeysHold(_ settings: [String], _ message: String) {
        let error = #expect(throws: RecipeError.self) {
            try Recipe(yaml: Fixture.minimal, file: "r.yaml", settings: settings)
        }
        #expect(error?.problems.count == 1)
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test func settingsAreCheckedLikeTheFile() {
        #expect(
            Fixture.problems(
                Fixture.minimal, "optimizer.learning_rat=1", "train.steps=-1", "seed", "a..b=1",
                "model.visual=[", "model.language.more=1"
            ).map { String($0.prefix(64)) } == [
                "--set seed: setting: 'seed' is no setting; expected key.key=valu",
                "--set a..b: setting: 'a..b=1' is no setting; expected key.key=va",
                "--set model.visual: yaml: did not find expected node content whi",
                "--set model.language.more: model.language: a section; expected a",
                "--set train.steps: train.steps: '-1'; expected integer from 1 to",
                "--set optimizer.learning_rat: optimizer.learning_rat: unknown ke",
            ])
    }

    @Test(arguments: [
        ("", "r.yaml:1:1: recipe: null; expected section"),
        ("just text", "r.yaml:1:1: recipe: 'just text'; expected section"),
        ("- a", "r.yaml:1:1: recipe: a list; expected section"),
        ("a: [1", "r.yaml:2:1: yaml: did not find expected ',' or ']'"),
        ("a: 1\na: 2", "r.yaml:1:1: yaml: 'a' written more than once in a section"),
        ("a: 1\n--- \nb: 2", "r.yaml:2:1: yaml: but found another document"),
        ("a: &x 1\nb: *x", "r.yaml:2:4: yaml: alias '*x'; expected plain values"),
        ("seed: !!str 1", "r.yaml:1:7: yaml: a tag; expected a value without"),
        ("? [a]\n: 1", "r.yaml:1:3: yaml: a key that is no text"),
        ("name: a/b", "r.yaml:1:7: name: 'a/b'; expected name without slashes or spaces"),
        ("seed: 99999999999999999999", "r.yaml:1:7: seed: '99999999999999999999'; expected"),
        ("seed: \"1\"", "r.yaml:1:7: seed: '1'; expected integer"),
        ("optimizer: {epsilon: .nan}", "r.yaml:1:22: optimizer.epsilon: '.nan'; expected number"),
        ("optimizer: {epsilon: inf}", "r.yaml:1:22: optimizer.epsilon: 'inf'; expected number"),
        ("optimizer:", "r.yaml:1:11: optimizer: null; expected section"),
        ("a: \u{1}", "r.yaml:1:1: yaml: control characters are not allowed"),
    ])
    func badYAMLIsNamed(_ yaml: String, _ message: String) {
        let first = Fixture.problems(yaml).first ?? ""
        #expect(first.hasPrefix(message), "\(first)")
    }

    @Test func deeplyNestedAndEndlessYAMLEndsInAnError() {
        for open in ["[", "{a: ", "- "] {
            #expect(!Fixture.problems(String(repeating: open, count: 20_000)).isEmpty)
        }
        var laughs = "a0: &a0 [x, x]\n"
        for level in 1...40 { laughs += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(Fixture.problems(laughs + "? *a40\n: 1\n").first?.contains("alias '*a0'") == true)
    }

    @Test func unreadableFilesAreNamed() throws {
        func problem(_ path: String) -> String? {
            #expect(throws: RecipeError.self) { try Recipe(contentsOf: path) }?.description
        }
        #expect(problem("/nowhere/r.yaml")?.hasPrefix("/nowhere/r.yaml: recipe: cannot be") == true)
        #expect(problem("/dev/zero")?.hasPrefix("/dev/zero: recipe: not a file of at most") == true)
        let folder = Fixtures.projectRoot.path
        #expect(problem(folder)?.hasPrefix("\(folder): recipe: not a file of at most") == true)
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("recipe-\(ProcessInfo.processInfo.processIdentifier).yaml")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data([0x61, 0x3A, 0xFF, 0xFE]).write(to: path)
        #expect(problem(path.path)?.hasSuffix("not UTF-8 text; expected a YAML file") == true)
    }
}
