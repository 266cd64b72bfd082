import Tensors
import Testing

@Suite struct AnomaliesTests {
    private static func numbers(_ values: Double...) -> Tensor {
        Tensor(doubles: values, shape: [values.count])
    }

    @Test func firstResultThatIsNotFiniteIsNamedWithItsLayer() {
        let (result, anomaly) = watchingForAnomalies {
            let x = Self.numbers(1, 2).tracked(as: 0)
            let y = inLayer("model.layers.1") { x.scaled(by: 2) / Self.numbers(1, 0) }
            // The result is finite again.
            return inLayer("model.norm") { Self.numbers(1, 1) / y }
        }
        #expect(result.doubles == [0.5, 0])
        #expect(
            anomaly == Anomaly(operation: "/", layer: "model.layers.1", isInPullback: false))
        #expect(anomaly?.place == "/ in model.layers.1")
    }

    @Test func pullbacksAreLookedAt() {
        let (_, anomaly) = watchingForAnomalies {
            let x = Self.numbers(4, 0).tracked(as: 0)
            let y = inLayer("a") { x.squareRoot() }
            return gradients(of: inLayer("b") { y.scaled(by: 3).sum() })
        }
        #expect(anomaly?.place == "the pullback of squareRoot in a")
    }

    @Test func untrackedOperationsAreLookedAt() {
        let (_, anomaly) = watchingForAnomalies { Self.numbers(0) / Self.numbers(0) }
        #expect(anomaly?.place == "/")
    }

    @Test func largeNumbersAreFinite() {
        let (_, anomaly) = watchingForAnomalies { Self.numbers(1e200).scaled(by: 2) }
        #expect(anomaly == nil)
    }

    @Test func nothingIsWatchedOutside() {
        let (_, anomaly) = watchingForAnomalies { 1 }
        _ = Self.numbers(1) / Self.numbers(0)
        #expect(anomaly == nil)
    }
}
