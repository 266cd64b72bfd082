import Foundation

/// Numbers as people read them.
package enum Quantity {
    /// A whole number with a comma every three digits: `8,209,920`.
    package static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Bytes in decimal units: `18.8 MB`.
    package static func bytes(_ value: Int) -> String {
        scaled(value, units: ["B", "kB", "MB", "GB", "TB"])
    }

    /// A number of scalars in short: `135 M`.
    package static func scalars(_ value: Int) -> String {
        scaled(value, units: ["", "k", "M", "G"])
    }

    /// A time: `8.1 s`, `45 s`, `3 min 20 s`, `1 h 05 min`.
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        if seconds < 9.95 { return "\(fixed(max(0, seconds), digits: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
        return "\(whole / 3_600) h \(padded(whole % 3_600 / 60)) min"
    }

    /// A number with a fixed number of decimals.
    package static func fixed(_ value: Double, digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    /// A number with about four digits: `0.1234`, `12.34`, `1.5e-05`.
    package static func number(_ value: Double) -> String {
        String(format: "%.4g", value)
    }

    /// A share as a percentage: `93.4 %`.
    package static func percent(_ share: Double) -> String {
        "\(fixed(share * 100, digits: 1)) %"
    }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    private static func scaled(_ value: Int, units: [String]) -> String {
        var scaled = Double(value)
        var unit = 0
        while abs(scaled) >= 999.5, unit + 1 < units.count {
            scaled /= 1_000
            unit += 1
        }
        let digits: Int = unit == 0 || abs(scaled) >= 99.95 ? 0 : 1
        let text = fixed(scaled, digits: digits)
        return units[unit].isEmpty ? text : "\(text) \(units[unit])"
    }
}
