import CFFmpeg
import CHDF5
import CSndfile

/// The versions of the system libraries that are loaded.
package struct LibraryVersions: Sendable {
    /// Names and versions, in a fixed order.
    package let list: [(name: String, version: String)]

    package init() {
        list = [
            ("HDF5", Self.hdf5),
            ("libavformat", Self.libav(avformat_version())),
            ("libavcodec", Self.libav(avcodec_version())),
            ("libavutil", Self.libav(avutil_version())),
            ("libswscale", Self.libav(swscale_version())),
            ("libswresample", Self.libav(swresample_version())),
            ("libsndfile", Self.sndfile),
        ]
    }

    private static var hdf5: String {
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        return H5get_libversion(&major, &minor, &release) < 0
            ? "unknown" : "\(major).\(minor).\(release)"
    }

    /// Three numbers in one, as libavutil/version.h packs them.
    private static func libav(_ version: UInt32) -> String {
        "\(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)"
    }

    /// `libsndfile-1.2.0` without its own name.
    private static var sndfile: String {
        guard let text = sf_version_string() else { return "unknown" }
        return String(cString: text).replacing("libsndfile-", with: "")
    }
}
