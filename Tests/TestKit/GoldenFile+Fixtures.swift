import Foundation
package import Verification

extension GoldenFile {
    /// Opens `Tests/Fixtures/<path>`.
    package convenience init(_ path: String) throws {
        try self.init(path: Fixtures.url(path).path)
    }
}
