import ArgumentParser

/// `duet doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine can do, and what is wrong with it.",
        discussion: """
            Measures for about two seconds: processor features, the BLAS library and the kernels \
            it uses, its speed beside the processor's peak, and the versions of the libraries.

            Example: duet doctor
            """)

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run() async throws {
        let report = MachineReport.made()
        if json {
            try Console().json(report)
        } else {
            try Console().result(report.text)
        }
    }
}
