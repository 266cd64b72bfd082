import Foundation
import Layers
import Models
import Testing
import Tokenization
import Training
import WeightFiles

/// A language model that is not as it should be says in one message what is wrong, where, and what to do.
@Suite struct BrokenModelTests {
    private static let norm = "model.layers.1.input_layernorm.weight"

    private typealias Tensors = [(name: String, shape: [Int], scalars: [Float])]

    /// The message when a run is put together after its language model's folder was changed; the folder
    /// is written LANGUAGE.
    private func message(_ change: (String) throws -> Void) throws -> String? {
        let run = try TinyRun()
        let folder = "\(run.folder)/language"
        try change(folder)
        let recipe = try run.recipe("run")
        let error = #expect(throws: (any Error).self) { try Workbench(recipe: recipe) }
        return error.map { "\($0)".replacing(folder, with: "LANGUAGE") }
    }

    private func rewrite(_ folder: String, _ change: (inout Tensors) -> Void) throws {
        let path = "\(folder)/model.safetensors"
        let file = try Safetensors(path: path)
        var tensors: Tensors = try file.tensorNames.map { name in
            let tensor = try file.tensor(name)
            return (name, tensor.shape, try tensor.floats())
        }
        change(&tensors)
        try SafetensorsWriter.write(tensors: tensors, to: path)
    }

    private func replace(_ old: String, _ new: String, in path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(old))
        try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func aMissingTensorAndTheOneNearestToIt() throws {
        let found = try message { folder in
            try rewrite(folder) { tensors in
                for index in tensors.indices where tensors[index].name == Self.norm {
                    tensors[index].name = "model.layers.1.input_norm.weight"
                }
            }
        }
        #expect(
            found
                == "LANGUAGE/model.safetensors: 1 missing, 0 of another shape, 1 unused: "
                + "model.layers.1.input_layernorm.weight [32] is missing (unused and nearest: "
                + "model.layers.1.input_norm.weight); check that configuration and weights belong "
                + "together")
    }

    @Test func aTensorOfAnotherShape() throws {
        let found = try message { folder in
            try rewrite(folder) { tensors in
                for index in tensors.indices where tensors[index].name == Self.norm {
                    tensors[index].shape = [16]
                    tensors[index].scalars.removeLast(16)
                }
            }
        }
        #expect(
            found
                == "LANGUAGE/model.safetensors: 0 missing, 1 of another shape, 0 unused: "
                + "model.layers.1.input_layernorm.weight is [16], expected [32]; check that "
                + "configuration and weights belong together")
    }

    @Test func aTensorOfIntegers() throws {
        let found = try message { folder in
            let path = "\(folder)/model.safetensors"
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            let name = Data("\"\(Self.norm)\":{\"dtype\":\"F32\"".utf8)
            let place = try #require(data.range(of: name))
            data.replaceSubrange(place, with: Data("\"\(Self.norm)\":{\"dtype\":\"I32\"".utf8))
            try data.write(to: URL(fileURLWithPath: path))
        }
        #expect(
            found
                == "LANGUAGE/model.safetensors: 'model.layers.1.input_layernorm.weight' [32] is "
                + "stored as I32; expected floats of any width or quantised blocks; use the weights "
                + "as they were published")
    }

    /// Two shards with an index, the second cut off.
    private func shard(_ folder: String) throws -> String {
        let file = try Safetensors(path: "\(folder)/model.safetensors")
        let planned = try file.tensorNames.map { name in
            try #require(PlannedTensor(copying: try file.tensor(name), name: name))
        }
        let other = "\(folder)-shards"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try SafetensorsWriter.writeModel(planned, shardByteLimit: 60_000, to: other)
        try FileManager.default.removeItem(atPath: "\(folder)/model.safetensors")
        let names = try FileManager.default.contentsOfDirectory(atPath: other).sorted()
        for name in names {
            try FileManager.default.moveItem(
                atPath: "\(other)/\(name)", toPath: "\(folder)/\(name)")
        }
        return try #require(names.last { $0.hasSuffix(".safetensors") })
    }

    @Test func aShardThatIsCutOff() throws {
        var name = ""
        let found = try message { folder in
            name = try shard(folder)
            let path = "\(folder)/\(name)"
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            try data.dropLast(100).write(to: URL(fileURLWithPath: path))
        }
        #expect(found?.hasPrefix("LANGUAGE/\(name): tensor '") == true, "\(found ?? "")")
        #expect(
            found?.hasSuffix(
                "bytes were expected; download or write the file again") == true, "\(found ?? "")")
    }

    @Test func anIndexThatNamesAnAbsentFile() throws {
        var name = ""
        let found = try message { folder in
            name = try shard(folder)
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        #expect(
            found
                == "LANGUAGE/\(name): there is no such file, which "
                + "model.safetensors.index.json names; download what is missing of the model")
    }

    @Test func anotherArchitecture() throws {
        let found = try message { folder in
            try replace("\"llama\"", "\"mamba\"", in: "\(folder)/config.json")
        }
        #expect(
            found
                == "LANGUAGE/config.json: model_type 'mamba'; expected 'llama' or 'qwen2'; use the "
                + "config.json of a model of the LLaMA or Qwen2 family")
    }

    @Test func aTokenizerWithoutMerges() throws {
        let path = "tokenizer.json"
        let absent = try message { folder in
            try replace("\"merges\":[]", "\"mergers\":[]", in: "\(folder)/\(path)")
        }
        #expect(
            absent
                == "tokenizer.json: 'merges' is missing in model; expected a Hugging Face tokenizer "
                + "with a BPE model")
        let empty = try message { folder in
            try replace("\"a\":", "\"aa\":", in: "\(folder)/\(path)")
        }
        #expect(
            empty
                == "tokenizer: there are no merges, so that nothing makes 'aa' (token 97) of "
                + "characters; expected them beside the tokens; use the tokenizer's files as they "
                + "were published")
    }

    @Test func aModelWithoutTokenizerOrTemplate() throws {
        let bare = try message { folder in
            try FileManager.default.removeItem(atPath: "\(folder)/tokenizer.json")
        }
        #expect(
            bare
                == "LANGUAGE: holds neither tokenizer.json nor tokenizer.model; keep the model's "
                + "tokenizer files beside its weights")
        let mute = try message { folder in
            try FileManager.default.removeItem(atPath: "\(folder)/chat_template.jinja")
        }
        #expect(
            mute
                == "LANGUAGE: holds no chat template; name its format with model.chat_template, or "
                + "use an instruction-tuned model")
    }

    @Test func whatIsNotUsedIsSaidAndNoError() async throws {
        let run = try TinyRun()
        try rewrite("\(run.folder)/language") { tensors in
            tensors.append(("model.layers.1.self_attn.extra.weight", [2], [1, 2]))
        }
        let bench = try Workbench(recipe: try run.recipe("run"))
        #expect(bench.report.unused == ["model.layers.1.self_attn.extra.weight"])
        let events = Events()
        try await run.train("run", ["train.steps=1"], observe: events.add)
        #expect(
            events.notices == [
                "\(run.folder)/language/model.safetensors: 1 tensor is not used by the model, such "
                    + "as model.layers.1.self_attn.extra.weight"
            ])
    }
}
