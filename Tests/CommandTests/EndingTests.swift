import Checkpointing
import Datasets
import Files
import Recipes
import Testing
import Training
import duet

@Suite struct EndingTests {
    private struct Foreign: Error {}

    @Test func errorsEndWithTheirCodeAndTheirMessage() throws {
        let cases: [(any Error, CommandFailure.Kind)] = [
            (CommandFailure(.usage, "x", "is wrong", hint: "try y"), .usage),
            (
                FileError(kind: .noSpace, subject: "x", detail: "is wrong", hint: "try y"),
                .inputOutput
            ),
            (
                CheckpointError(.damaged, subject: "x", detail: "is wrong", hint: "try y"), .data
            ),
            (
                CheckpointError(.unwritable, subject: "x", detail: "is wrong", hint: "try y"),
                .inputOutput
            ),
            (TrainingError(.request, subject: "x", detail: "is wrong", hint: "try y"), .usage),
            (TrainingError(.notFinite, subject: "x", detail: "is wrong", hint: "try y"), .data),
            (TrainingError(.asset, subject: "x", detail: "is wrong", hint: "try y"), .inputOutput),
        ]
        for (error, kind) in cases {
            let ending = try #require(Ending(error))
            #expect(ending.kind == kind)
            #expect(ending.message == "x: is wrong; try y")
        }
    }

    @Test func recipesAndAnnotationsEndWithTheirOwnCodes() throws {
        let recipe = #expect(throws: RecipeError.self) {
            try Recipe(yaml: "steps: 3", file: "a.yaml")
        }
        #expect(Ending(try #require(recipe))?.kind == .usage)
        let data = #expect(throws: DatasetError.self) {
            try AnnotationReader().read("/does/not/exist.json")
        }
        #expect(Ending(try #require(data))?.kind == .inputOutput)
    }

    @Test func foreignErrorsHaveNone() {
        #expect(Ending(Foreign()) == nil)
    }
}
