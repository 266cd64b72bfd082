import Checkpointing
import Interchange
import Testing

@Suite struct ProjectorFoldingTests {
    private let tensors: [(key: String, value: StoredArray<Float>)] = [
        ("model.mm_projector.bias", StoredArray([0.5, -1])),
        ("model.mm_projector.feature_mean", StoredArray([1, 2, -3])),
        ("model.mm_projector.feature_scale", StoredArray([2, 0.5, 4])),
        (
            "model.mm_projector.weight",
            StoredArray(shape: [2, 3], scalars: [1, 2, 3, -1, 0.25, 0.5])
        ),
    ]

    @Test func theFoldedMapGivesTheSameOutputs() throws {
        let folded = ProjectorFolding.fold(tensors)
        #expect(folded.map(\.key) == ["model.mm_projector.bias", "model.mm_projector.weight"])
        let bias = folded[0].value.scalars
        let weight = folded[1].value.scalars
        let feature: [Float] = [0.25, -4, 9]
        for row in 0..<2 {
            let expected = (0..<3).reduce(tensors[0].value.scalars[row]) { sum, column in
                sum + tensors[3].value.scalars[row * 3 + column]
                    * (feature[column] - tensors[1].value.scalars[column])
                    * tensors[2].value.scalars[column]
            }
            let found = (0..<3).reduce(bias[row]) { $0 + weight[row * 3 + $1] * feature[$1] }
            #expect(abs(expected - found) < 1e-4)
        }
    }

    @Test func aProjectorWithoutStatisticsIsLeftAsItIs() {
        let plain = [tensors[0], tensors[3]]
        let folded = ProjectorFolding.fold(plain)
        #expect(folded.map(\.value) == plain.map(\.value))
    }

    @Test func onlyTheFirstOfTwoMapsTakesTheStatistics() throws {
        let renamed = tensors.map { name, value in
            (
                key: name.replacing("projector.weight", with: "projector.0.weight")
                    .replacing("projector.bias", with: "projector.0.bias"), value: value
            )
        }
        let second: [(key: String, value: StoredArray<Float>)] = [
            ("model.mm_projector.2.bias", StoredArray([3, 4])),
            ("model.mm_projector.2.weight", StoredArray(shape: [2, 2], scalars: [1, 2, 3, 4])),
        ]
        let folded = ProjectorFolding.fold(renamed + second)
        #expect(
            folded.map(\.key) == [
                "model.mm_projector.0.bias", "model.mm_projector.0.weight",
                "model.mm_projector.2.bias", "model.mm_projector.2.weight",
            ])
        let linear = ProjectorFolding.fold(tensors)
        #expect(folded.prefix(2).map(\.value) == linear.map(\.value))
        #expect(folded.suffix(2).map(\.value) == second.map(\.value))
    }
}
