import Models
import Testing
import Verification

@Suite struct GradientVerifierTests {
    private func report(_ settings: [String]) throws -> GradientReport {
        let run = try TinyRun()
        let file = try LanguageModelFile(path: "\(run.folder)/language")
        return try GradientVerifier(
            recipe: try run.recipe("run", settings), language: file.configuration
        ).run()
    }

    @Test(arguments: [
        [], ["train.lora.rank_stabilised=true", "train.lora.patterns=[]"],
        ["train.gradient_checkpointing=true"], ["model.projector=mlp2x_gelu"],
        ["train.loss_weights={visual: 0.5, audio: 2, audio_visual: 3}"],
    ])
    func gradientsOfARecipeEqualFiniteDifferences(settings: [String]) throws {
        let report = try report(settings)
        #expect(report.hasPassed, "\(report)")
        #expect(
            report.rows.map(\.group).sorted() == [
                "LoRA A", "LoRA B", "audio projector", "visual projector",
            ])
        let isDeep = settings == ["model.projector=mlp2x_gelu"]
        #expect(report.rows.map(\.parameterCount).reduce(0, +) == (isDeep ? 20 : 16))
    }

    @Test func lengthsOfRowsAreComparedAndTheirFactorsNot() throws {
        let report = try report(["train.lora.weight_decomposed=true", "train.lora.patterns=[]"])
        #expect(report.hasPassed, "\(report)")
        #expect(report.rows.map(\.group).contains("DoRA magnitudes"))
        #expect(!report.rows.map(\.group).contains("LoRA A"))
        #expect(report.notCompared?.hasPrefix("LoRA A and B") == true)
    }

    @Test func everythingIsCheckedInFullFineTuning() throws {
        let report = try report([
            "train.lora=null", #"train.parameters=["*"]"#, "model.visual.boundary_tokens=true",
        ])
        #expect(report.hasPassed, "\(report)")
        #expect(
            report.rows.map(\.group).sorted() == [
                "audio projector", "embeddings", "linear maps", "norms", "output projection",
                "visual projector",
            ])
    }

    @Test func aModelWithoutEarsIsChecked() throws {
        let report = try report([
            "model.audio=null", "data.batch={visual: 1}", "data.audio_variants=0",
            "data.augmentation=null", "train.lora=null",
        ])
        #expect(report.hasPassed && report.rows.map(\.group) == ["visual projector"])
    }
}
