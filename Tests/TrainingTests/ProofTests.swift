import Checkpointing
import Foundation
import Interchange
import Layers
import Tensors
import Testing
import Training
import WeightFiles

@Suite struct ProofTests {
    /// What can go wrong when weights are written.
    enum Mistake: CaseIterable {
        case noAdapter, scale, rowOrder
    }

    /// Of the large adapters of these tests, a hundredth part is still less than four bits lose.
    private static let wrongScale: Float = 1.01

    @Test(
        arguments: ExportFormat.gguf.types.map { (ExportFormat.gguf, $0) }
            + ExportFormat.merged.types.map { (.merged, $0) })
    func everyMistakeIsFoundInEveryType(format: ExportFormat, type: StoredType) async throws {
        let (run, checkpoint) = try await TinyRun.withLargeAdapters()
        let exporter = try Exporter(checkpoint, of: "step.h5")
        let probes = try await exporter.probes()
        for mistake in Mistake.allCases {
            let folder = "\(run.folder)/\(mistake)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            let writer = try Exporter(Self.changed(checkpoint, by: mistake), of: "step.h5")
            try writer.writeWeights(format, type, to: folder) {}
            try writer.writeProjectors(to: folder)
            if mistake == .rowOrder { try Self.exchangeRows(format, in: folder) }
            let error = #expect(throws: InterchangeError.self, "\(mistake)") {
                _ = try exporter.prove(format, type, folder, probes) {}
            }
            #expect(error?.kind == .proof)
            #expect(
                error?.detail.hasSuffix("so what was written is not what was trained") == true,
                "\(mistake): \(error?.detail ?? "")")
        }
        let proof = try await export(exporter, format, type, probes, to: "\(run.folder)/right")
        #expect(proof.isFaithful && proof.passed)
    }

    private func export(
        _ exporter: Exporter, _ format: ExportFormat, _ type: StoredType, _ probes: [Probe],
        to folder: String
    ) async throws -> Proof {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try exporter.write(format, type: type, to: folder, probes: probes)
    }

    private static func changed(
        _ checkpoint: Checkpoint, by mistake: Mistake
    ) throws -> Checkpoint {
        let factor: Float? =
            switch mistake {
            case .noAdapter: 0
            case .scale: wrongScale
            case .rowOrder: nil
            }
        guard let factor else { return checkpoint }
        var result = checkpoint
        for (name, array) in checkpoint.tensors where name.hasSuffix("lora_B.weight") {
            result.tensors[name] = StoredArray(
                shape: array.shape, scalars: array.scalars.map { factor * $0 })
        }
        return result
    }

    /// Exchanges the first two rows of a matrix in what was written.
    private static func exchangeRows(_ format: ExportFormat, in folder: String) throws {
        let path = "\(folder)/\(format == .gguf ? "model.gguf" : "model.safetensors")"
        let wanted = ["blk.0.ffn_up.weight", "model.layers.0.mlp.up_proj.weight"]
        let file = try WeightFiles.open(path)
        let tensors = try file.tensorNames.map { name in
            let tensor = try file.tensor(name)
            var values = try tensor.floats()
            if wanted.contains(name) {
                for column in 0..<tensor.rowLength {
                    values.swapAt(column, tensor.rowLength + column)
                }
            }
            return try PlannedTensor(name: name, shape: tensor.shape, type: tensor.type) { values }
        }
        if let gguf = file as? GGUF {
            try GGUFWriter.write(
                metadata: gguf.metadata.map { ($0.key, $0.value) }, tensors: tensors, to: path)
        } else {
            try SafetensorsWriter.writeModel(
                tensors, metadata: [:], shardByteLimit: .max, to: folder)
        }
    }

    @Test func whatIsAddedToARowIsNoDifference() {
        let (p, q) = (scores(1), scores(1, added: { Float($0) * 3 - 4 }))
        let difference = ScoreDifference(p, q, rows: 0..<4)
        #expect(difference.maximum < 1e-5 && difference.rootMeanSquare < 1e-5)
        #expect(difference.divergence < 1e-9 && difference.sameTopToken == 1)
        #expect(abs(ScoreDifference.deviation(of: p) - ScoreDifference.deviation(of: q)) < 1e-6)
    }

    @Test func scoresThatHaveNothingInCommonDifferByTheRootOfTwoDeviations() {
        let (p, q) = (scores(1), scores(2))
        let deviation = ScoreDifference.deviation(of: p)
        let difference = ScoreDifference(p, q, rows: 0..<4)
        #expect(abs(difference.rootMeanSquare / deviation - 2.0.squareRoot()) < 0.05)
        #expect(difference.maximum > deviation && difference.divergence > 0.05)
    }

    @Test func aScoreThatIsNoNumberIsInfinitelyFar() {
        let broken = Tensor([1, .nan, 2, 0, 1, 2], shape: [2, 3])
        let difference = ScoreDifference(
            Tensor([1, 2, 2, 0, 1, 2], shape: [2, 3]), broken, rows: 0..<2)
        #expect(difference.maximum == .infinity && difference.rootMeanSquare == .infinity)
        #expect(difference.divergence == .infinity)
    }

    /// Four rows of a thousand scores in [0, 1).
    private func scores(_ seed: UInt64, added: (Int) -> Float = { _ in 0 }) -> Tensor {
        var stream = RandomStream(seed: seed, name: "scores")
        let values = (0..<4_000).map { Float(stream.unit()) + added($0 / 1_000) }
        return Tensor(values, shape: [4, 1_000])
    }
}
