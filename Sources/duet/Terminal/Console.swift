import Foundation

/// Where a command writes: results to the standard output, everything else to the standard error.
package struct Console: Sendable {
    /// Whether a person watches the standard error.
    package let isWatched: Bool
    /// How many columns a line there has.
    package let columnCount: Int

    /// The process's own streams.
    package init() {
        isWatched = isatty(STDERR_FILENO) != 0
        var size = winsize()
        let isKnown: Bool =
            ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col >= 20
        columnCount = isKnown ? Int(size.ws_col) : 80
    }

    /// Writes a result and a line feed.
    ///
    /// Throws: `CommandFailure` when nothing can be written, for instance to a full disk
    package func result(_ text: String) throws {
        try write(text + "\n", to: .standardOutput)
    }

    /// Writes a part of a result, without a line feed.
    ///
    /// Throws: `CommandFailure` when nothing can be written
    package func part(_ text: String) throws {
        try write(text, to: .standardOutput)
    }

    /// Writes a result as JSON, keys sorted.
    ///
    /// Throws: `CommandFailure` when nothing can be written
    package func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        try result(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Writes a note about the work and a line feed.
    ///
    /// A note that nobody can receive stops nothing.
    package func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Writes to the standard error as it is.
    package func draw(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }

    private func write(_ text: String, to stream: FileHandle) throws {
        do {
            try stream.write(contentsOf: Data(text.utf8))
        } catch {
            throw CommandFailure(
                .inputOutput, "standard output", "cannot be written to",
                hint: "check the disk or the program that reads it")
        }
    }
}
