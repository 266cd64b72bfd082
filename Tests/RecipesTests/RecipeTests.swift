import Foundation
import Recipes
import TestKit
import Testing

@Suite struct RecipeTests {
    @Test func everyRecipeOfTheProjectIsRead() throws {
        let folder = Fixtures.projectRoot.appendingPathComponent("Recipes")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        #expect(paths.count >= 4)
        for path in paths {
            let recipe = try Recipe(contentsOf: folder.appendingPathComponent(path).path)
            let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            #expect(recipe.name == stem)
            #expect(recipe.outputFolder == "Checkpoints/\(stem)")
            #expect(try Recipe(yaml: recipe.resolvedYAML, file: path) == recipe)
        }
    }

    @Test func whatIsLeftOutTakesItsDefault() throws {
        let recipe = try Fixture.recipe()
        #expect(recipe.name == "r")
        #expect(recipe.outputFolder == "Checkpoints/r")
        #expect(recipe.seed == 0 && recipe.threadCount == 0)
        #expect(recipe.purpose == nil && recipe.startFrom == nil)
        let visual = try #require(recipe.model.visual)
        #expect(visual.frameCount == 8 && visual.gridRows == 1 && visual.gridColumns == 1)
        #expect(visual.tokens == [.frame])
        #expect(recipe.model.audio == nil)
        #expect(recipe.model.visualToken == "<video>" && recipe.model.audioToken == "<audio>")
        #expect(recipe.model.systemPrompt == .templateDefault)
        #expect(recipe.data.train.map(\.path) == ["a.json"] && recipe.data.train[0].weight == 1)
        #expect(recipe.data.validationFiles.isEmpty)
        #expect(recipe.data.exhausted == .cycle)
        #expect(recipe.train.length == .steps(10) && recipe.train.accumulationCount == 1)
        #expect(recipe.train.trainsProjectors && recipe.train.lora == nil)
        #expect(recipe.optimizer.projectorLearningRate == recipe.optimizer.learningRate)
        #expect(recipe.optimizer.loraLearningRate == recipe.optimizer.learningRate)
        #expect(recipe.optimizer.loraWeightDecay == recipe.optimizer.weightDecay)
        #expect(recipe.optimizer.beta1 == 0.9 && recipe.optimizer.beta2 == 0.999)
        #expect(recipe.optimizer.clipNorm == 1)
        #expect(recipe.schedule.kind == .cosine && recipe.schedule.warmup == .steps(0))
        #expect(recipe.checkpoint.keptCount == 2)
    }

    @Test func everyKeyIsRead() throws {
        let recipe = try Recipe(
            contentsOf: Fixtures.url("recipes/full.yaml").path)
        #expect(recipe.name == "everything" && recipe.purpose == "say \"all\": yes\n")
        #expect(recipe.seed == 7 && recipe.threadCount == 2)
        #expect(recipe.startFrom == "Checkpoints/before" && recipe.outputFolder == "out/x y")
        #expect(recipe.model.visual?.tokens == [.framePooled, .videoSpatial, .video])
        #expect(recipe.model.visual?.gridColumns == 3)
        #expect(recipe.model.visual?.hasBoundaryTokens == true)
        #expect(recipe.model.audio?.hasBoundaryTokens == true)
        #expect(recipe.model.audio?.layers == [1, 2, 3])
        #expect(recipe.model.audio?.tokens == [.segment, .clip])
        #expect(recipe.model.audio?.durationSeconds == 4.5 && recipe.model.audio?.bandCount == 2)
        #expect(recipe.model.visual?.frameCount == 4 && recipe.model.visual?.layer == -2)
        #expect(recipe.model.projector == .mlp2xGELU && recipe.model.chatFormat == .vicuna1)
        #expect(recipe.model.systemPrompt == .none)
        #expect(recipe.data.train.map(\.weight) == [1, 0.5])
        #expect(recipe.data.onBadSample == .skip && recipe.data.maximumBadSampleCount == 5)
        #expect(recipe.data.featureCacheGigabytes == 1.5 && recipe.data.featureType == .float32)
        let table = recipe.data.train[1].annotations
        #expect(table.path == "b.csv" && table.format == "audiocaps")
        #expect(table.mediaFolder == "/sounds" && table.mediaName == "Y{youtube_id}.wav")
        #expect(table.question == "What do you hear?" && table.hearsVideos == nil)
        #expect(recipe.data.train[0].annotations.format == nil)
        #expect(recipe.data.validation.map(\.hearsVideos) == [true])
        #expect(recipe.data.batch.audioVisual == 3)
        #expect(recipe.data.batch.questionsPerClip == 3 && recipe.data.batch.tokenCount == 200)
        #expect(recipe.data.batch.unit == .step && recipe.data.temperature == 2.5)
        #expect(recipe.data.exhausted == .temperature)
        #expect(recipe.data.modalityAugmentation?.muted == 0.25)
        #expect(recipe.data.modalityAugmentation?.blanked == 0.125)
        let augmentation = try #require(recipe.data.augmentation)
        #expect(augmentation.speed == 0.8...1.25 && augmentation.repeats)
        #expect(augmentation.noiseDecibels == -60...(-40))
        #expect(recipe.train.length == .epochs(2))
        let lora = try #require(recipe.train.lora)
        #expect(lora.targets == ["q_proj", "v_proj"] && lora.isRankStabilised)
        #expect(lora.isWeightDecomposed)
        #expect(recipe.train.parameters == ["*norm", "model.embed_tokens"])
        #expect(lora.patterns[0].match == #"layers\.[01]\."# && lora.patterns[0].rank == 4)
        #expect(lora.patterns[0].alpha == nil && lora.patterns[1].dropout == 0.5)
        #expect(recipe.optimizer.clipNorm == nil && recipe.optimizer.decaysNormsAndBiases)
        #expect(recipe.optimizer.projectorLearningRate == 1e-3)
        #expect(recipe.optimizer.loraLearningRate == 5e-5 && recipe.optimizer.loraPlusRatio == 16)
        #expect(recipe.optimizer.projectorWeightDecay == 0)
        #expect(recipe.optimizer.loraWeightDecay == 0.2)
        #expect(recipe.schedule.warmup == .ratio(0.1) && recipe.schedule.kind == .linear)
        let weights = try #require(recipe.train.lossWeights)
        #expect([weights.visual, weights.audio, weights.audioVisual] == [0.5, 2, 3])
        let reliance = try #require(recipe.reliance)
        #expect(reliance.dataFile == "d.json" && reliance.sampleCount == 8)
        #expect(reliance.everySteps == 10)
        #expect(recipe.findsAnomalies && recipe.modalityNormInterval == 7)
        #expect(recipe.validation.everySteps == 5 && recipe.checkpoint.everySteps == 6)
    }

    @Test func presetsHoldWhereTheRecipeLeavesOut() throws {
        let seen = try Fixture.recipe(
            Fixture.minimal, "model.preset=video-chatgpt", "model.visual={encoder: e, frames: 50}")
        let visual = try #require(seen.model.visual)
        #expect(visual.frameCount == 50 && visual.layer == -2)
        #expect(visual.gridRows == 16 && visual.tokens == [.framePooled, .videoSpatial])
        #expect(seen.model.audio == nil && !seen.model.interleaves)
        let both = try Fixture.recipe(
            Fixture.minimal, "model.preset=avicuna", "model.audio={encoder: a}",
            "model.visual={encoder: e}")
        #expect(both.model.interleaves && both.model.visual?.output == .embedding)
        #expect(both.model.audio?.strideSeconds == 4 && both.model.audio?.durationSeconds == 106)
        #expect(try Recipe(yaml: both.resolvedYAML, file: "r.yaml") == both)
        let still = try Fixture.recipe(
            Fixture.minimal, "model.preset=llava-1.5", "model.visual={encoder: e}")
        #expect(still.model.visual?.gridColumns == 24 && still.model.visual?.frameCount == 1)
    }

    @Test func theResolvedRecipeReadsBackAsTheSame() throws {
        for recipe in [
            try Fixture.recipe(),
            try Recipe(
                contentsOf: Fixtures.url("recipes/full.yaml").path),
        ] {
            let again = try Recipe(yaml: recipe.resolvedYAML, file: "other.yaml")
            #expect(again == recipe)
        }
    }

    @Test func settingsCountInsteadOfTheFile() throws {
        let recipe = try Fixture.recipe(
            Fixture.minimal, "train.steps=20", "train.lora.rank=4", "optimizer.learning_rate=1e-3",
            "model.visual.tokens=[video, frame]", "model.system_prompt=", "name=other",
            "purpose=a=b", "data.augmentation.speed=[0.5, 2]", "data.audio_variants=1")
        #expect(recipe.train.length == .steps(20))
        #expect(recipe.train.lora?.rank == 4 && recipe.train.lora?.alpha == 16)
        #expect(recipe.optimizer.learningRate == 1e-3)
        #expect(recipe.model.visual?.tokens == [.video, .frame])
        #expect(recipe.model.systemPrompt == .templateDefault)
        #expect(recipe.outputFolder == "Checkpoints/other")
        #expect(recipe.data.augmentation?.noiseDecibels == nil)
        #expect(recipe.data.augmentation?.speed == 0.5...2)
        #expect(recipe.purpose == "a=b")
    }

    @Test func theReferenceListsEveryKeyAndTheDocumentationHoldsIt() throws {
        let reference = RecipeReference.markdown
        let text = try String(
            contentsOf: Fixtures.projectRoot.appendingPathComponent("Documentation/Recipes.md"),
            encoding: .utf8)
        #expect(text.contains(reference), "put this table into Documentation/Recipes.md")
        #expect(reference.contains("| `train.lora.patterns[].match` | regular expression |"))
    }
}
