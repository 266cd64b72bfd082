import Testing
import duet

@Suite struct ProcessKillerTests {
    @Test(arguments: [(0.0, 40.0, 20), (2.0, 40.0, 20), (10.0, 5.0, 3)])
    func halfOfTheWorkGetsDone(starting: Double, working: Double, kills: Int) {
        let longest = ProcessKiller.longestSeconds(
            starting: starting, working: working, kills: kills)
        #expect(longest > starting)
        let done = (longest - starting) * (longest - starting) / (2 * longest) * Double(kills)
        #expect(abs(done - working / 2) < 1e-9)
    }
}
