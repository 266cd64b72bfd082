import ArgumentParser
import Training

/// `duet bench media`
struct BenchMediaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media",
        abstract: "Time decoding and resizing a video's frames, and spectrograms of its sound.",
        discussion: """
            A long video is decoded by all threads, anything else by one; each part is repeated for about \
            --seconds.

            Example: duet bench media clip.mp4
            """)

    @Argument(help: "A picture, a video or a sound.", completion: .file())
    var file: String

    @Option(help: "Frames taken of a video at a time, evenly spaced.")
    var frames = 8

    @Option(help: ArgumentHelp("Pixels of a side after resizing.", valueName: "count"))
    var size = 224

    @Option(
        name: .customLong("spectrogram-seconds"),
        help: ArgumentHelp("Seconds of sound in a spectrogram.", valueName: "number"))
    var spectrogramSeconds = 30.0

    @Option(help: ArgumentHelp("How long each part is repeated.", valueName: "number"))
    var seconds = 2.0

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if !(1...1024).contains(frames) {
            throw ValidationError("--frames \(frames): expected 1 to 1024")
        }
        if !(1...4096).contains(size) {
            throw ValidationError("--size \(size): expected 1 to 4096")
        }
        if !(spectrogramSeconds > 0 && spectrogramSeconds <= 600) {
            throw ValidationError(
                "--spectrogram-seconds \(spectrogramSeconds): expected more than 0, at most 600")
        }
        if !(seconds > 0 && seconds <= 600) {
            throw ValidationError("--seconds \(seconds): expected more than 0, at most 600")
        }
    }

    func run() async throws {
        let console = Console()
        let report = try MediaBenchmark(file: file).run(
            frames: frames, pictureSize: size, spectrogramSeconds: spectrogramSeconds,
            seconds: seconds)
        if json { return try console.part(report.json() + "\n") }
        var facts: [(name: String, value: String)] = []
        func add(_ name: String, _ value: Double?, _ unit: String) {
            if let value { facts.append((name, "\(Quantity.fixed(value, digits: 1)) \(unit)")) }
        }
        add("frames decoded", report.decodedFramesPerS, "a second")
        add("frames resized", report.resizedFramesPerS, "a second, to \(size) × \(size)")
        add("frames, both", report.framesPerS, "a second")
        add("sound decoded", report.decodedSoundSecondsPerS, "seconds a second")
        add("spectrograms", report.spectrogramsPerS, "a second, of \(spectrogramSeconds) s")
        facts.append(("peak memory", Quantity.bytes(Int(report.peakRssMb * 1_048_576))))
        try console.result(Table(facts: facts).text)
    }
}
