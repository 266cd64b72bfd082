import Foundation
import Optimization
import TestKit
import Testing

@Suite struct ScheduleTests {
    /// One row of the golden file: the factors that transformers' schedules give.
    private struct Golden: Decodable {
        let schedule: String
        let warmup: Int
        let total: Int
        let factor: [Double]
    }

    /// The golden file is printed with all digits, so only the order of operations differs.
    private static let tolerance = 1e-12

    @Test func factorsEqualTransformers() throws {
        let data = try Data(contentsOf: Fixtures.url("parity/schedules.json"))
        let goldens = try JSONDecoder().decode([Golden].self, from: data)
        #expect(goldens.count > 3)
        for golden in goldens {
            let name = golden.schedule.replacingOccurrences(of: "_with_warmup", with: "")
            let shape = try #require(Schedule.Shape(rawValue: name))
            let schedule = try Schedule(
                shape, warmupStepCount: golden.warmup, stepCount: golden.total)
            for (step, expected) in golden.factor.enumerated() {
                #expect(abs(schedule.factor(at: step) - expected) < Self.tolerance)
            }
        }
    }

    @Test func fallingShapesEndAtTheMinimum() throws {
        for shape in [Schedule.Shape.linear, .cosine] {
            let schedule = try Schedule(
                shape, warmupStepCount: 2, stepCount: 10, minimumFactor: 0.1)
            #expect(schedule.factor(at: 0) == 0)
            #expect(schedule.factor(at: 2) == 1)
            #expect(abs(schedule.factor(at: 10) - 0.1) < 1e-12)
        }
    }

    @Test func impossibleCoursesAreErrors() {
        #expect(throws: OptimizationError.self) {
            try Schedule(.cosine, warmupStepCount: 11, stepCount: 10)
        }
        #expect(throws: OptimizationError.self) {
            try Schedule(.cosine, warmupStepCount: 0, stepCount: 0)
        }
        #expect(throws: OptimizationError.self) {
            try Schedule(.cosine, warmupStepCount: 0, stepCount: 1, minimumFactor: 2)
        }
    }
}
