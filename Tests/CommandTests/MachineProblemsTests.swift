import Testing
import duet

@Suite struct MachineProblemsTests {
    private func problems(
        features: [String] = ["AVX2+FMA", "AVX-512"], core: String = "SkylakeX",
        isOptimized: Bool = true, one: Double = 150, all: Double = 290, memory: Int = 8_000_000_000,
        load: Double = 0.1
    ) -> [String] {
        MachineProblems.found(
            features: features, blasCore: core, isOptimized: isOptimized,
            speed: SpeedMeasurement(
                oneThread: .init(threadCount: 1, peak: 190, matrixProduct: one),
                allThreads: .init(threadCount: 2, peak: 380, matrixProduct: all)),
            memoryBytes: memory, loadAverage: load, processorCount: 2)
    }

    @Test func aSoundMachineHasNone() {
        #expect(problems().isEmpty)
    }

    @Test func eachProblemIsNamedOnce() throws {
        #expect(try #require(problems(isOptimized: false).first).hasPrefix("build:"))
        #expect(try #require(problems(core: "Haswell").first).hasPrefix("BLAS core: Haswell"))
        #expect(
            try #require(problems(one: 33, all: 65).first).hasPrefix("BLAS: one thread reaches"))
        #expect(try #require(problems(all: 160).first).hasPrefix("threads: 2 threads are 1.07"))
        #expect(try #require(problems(memory: 2_000_000_000).first).hasPrefix("memory: 2.0 GB"))
        #expect(try #require(problems(load: 1.9).first).hasPrefix("load: other programs keep 1.9"))
    }

    @Test func aBusyMachineIsNotBlamedForSlowThreads() {
        #expect(problems(all: 150, load: 2).count == 1)
    }
}
