/// The version of the program.
public enum DuetVersion {
    /// As `duet --version` prints it.
    public static let current = "0.1.0"
}
