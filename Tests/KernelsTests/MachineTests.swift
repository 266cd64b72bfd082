import Kernels
import Testing

@Suite struct MachineTests {
    @Test func theCoreFitsTheProcessor() {
        let machine = Machine.current
        #expect(!machine.core.isEmpty)
        if machine.features.contains("AVX-512") && machine.remark?.contains("built without") != true
            && machine.remark?.hasPrefix("OPENBLAS_CORETYPE") != true
        {
            #expect(["SkylakeX", "Cooperlake", "SapphireRapids"].contains(machine.core))
        }
    }

    @Test func piecesCoverEverythingOnce() {
        let counts = Elementwise.apply(.relu, Scalars([Float](repeating: 1, count: 100_003)))
        #expect(counts.floats.allSatisfy { $0 == 1 })
    }
}
