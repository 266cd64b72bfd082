import Datasets
import Foundation
import Layers
import Models
import Tensors
import Testing
import Training

/// What samples give does not depend on which others they are computed with.
@Suite struct BatchingTests {
    private struct Scene {
        let run: TinyRun
        let bench: Workbench
        let samples: [Sample]

        init() async throws {
            run = try TinyRun()
            bench = try Workbench(recipe: try run.recipe("run"))
            samples = try AnnotationReader(tags: bench.tags).read("\(run.folder)/train.json")
            try await bench.features.prepare(samples, variants: false)
        }

        func loss(of samples: some Collection<Sample>) throws -> CrossEntropyResult {
            let reader = bench.features.reader
            let packed = PackedBatch(
                try samples.map {
                    try bench.prompts.encode($0, mediaTokens: reader.tokenCounts)
                })
            return bench.model.loss(
                of: try reader.input(packed, samples.map { PresentedSample($0) }))
        }
    }

    @Test func packedEqualsOneAtATime() async throws {
        let scene = try await Scene()
        let packed = try scene.loss(of: scene.samples).losses
        let single = try scene.samples.flatMap { try scene.loss(of: [$0]).losses }
        #expect(packed.count == single.count && packed.count > 100)
        let difference = zip(packed, single).reduce(0) { max($0, abs($1.0 - $1.1) / $1.1) }
        #expect(difference <= 1e-5)
        print(
            "\(scene.samples.count) samples packed against one at a time: largest relative",
            "difference of losses \(difference)")
    }

    /// Float32 sums in another order.
    private static let relativeTolerance = 1e-6

    @Test func accumulatedGradientsEqualThoseOfOneBatch() async throws {
        let scene = try await Scene()
        let whole = gradients(of: try scene.loss(of: scene.samples).loss)
        let parts = try stride(from: 0, to: scene.samples.count, by: 5).map {
            gradients(of: try scene.loss(of: scene.samples[$0..<($0 + 5)]).loss)
        }
        var (difference, length) = (0.0, 0.0)
        for parameter in scene.bench.parameters where parameter.isTrained {
            guard let expected = whole[parameter.key] else { continue }
            let sum = parts.compactMap { $0[parameter.key]?.doubles }.reduce(
                [Double](repeating: 0, count: expected.scalarCount)
            ) { zip($0, $1).map { $0 + $1 } }
            for (a, b) in zip(expected.doubles, sum) {
                difference += (a - b) * (a - b)
                length += a * a
            }
        }
        #expect(length > 0)
        let relative = (difference / length).squareRoot()
        #expect(relative <= Self.relativeTolerance)
        print("gradients of 5 samples at a time against those of all: difference \(relative)")
    }
}
