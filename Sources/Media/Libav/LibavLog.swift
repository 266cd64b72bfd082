import CFFmpeg
import Foundation
import Synchronization

/// What libav says about the file being read, kept for the error instead of printed.
///
/// libav has one log for the whole process. Readers work on one thread each, so messages are kept by
/// thread, and only while a reader listens; all others are dropped. A codec's own threads speak for the
/// reader whose codec it is.
enum LibavLog {
    /// The readers open on one thread, and what they were told last.
    private struct Listener {
        var readerCount = 0
        var lines: [String] = []
    }

    private static let messages = Mutex<[pthread_t: Listener]>([:])

    /// Installs the log and the limit on allocations, once.
    private static let isInstalled: Bool = {
        av_max_alloc(MediaLimits.libavBlockBytes)
        av_log_set_callback { context, level, format, arguments in
            guard level <= AV_LOG_ERROR, let arguments else { return }
            var printsPrefix: Int32 = 0
            var line = [CChar](repeating: 0, count: 512)
            av_log_format_line(
                context, level, format, arguments, &line, Int32(line.count), &printsPrefix)
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            LibavLog.keep(
                String(decoding: bytes, as: UTF8.self), for: LibavLog.reader(of: context))
        }
        return true
    }()

    /// Starts listening on this thread.
    static func start() -> Bool {
        let thread = pthread_self()
        messages.withLock { $0[thread, default: Listener()].readerCount += 1 }
        return isInstalled
    }

    /// Listens to what a codec's own threads say, too.
    static func listen(to codec: UnsafeMutablePointer<AVCodecContext>) {
        codec.pointee.opaque = UnsafeMutableRawPointer(bitPattern: pthread_self())
    }

    /// The thread of the reader that a message is for, by what it is about.
    private static func reader(of context: UnsafeMutableRawPointer?) -> pthread_t {
        // Whatever speaks begins with its class; a codec's threads have copies of its context.
        guard let context,
            context.load(as: UnsafePointer<AVClass>?.self) == avcodec_get_class(),
            let thread = context.assumingMemoryBound(to: AVCodecContext.self).pointee.opaque
        else { return pthread_self() }
        return pthread_t(bitPattern: thread)
    }

    /// Stops listening on this thread.
    static func stop() {
        let thread = pthread_self()
        messages.withLock { table in
            guard var listener = table[thread] else { return }
            listener.readerCount -= 1
            table[thread] = listener.readerCount > 0 ? listener : nil
        }
    }

    /// The last messages heard on this thread as the tail of a sentence, or nothing.
    static func tail() -> String {
        let thread = pthread_self()
        let heard = messages.withLock { $0[thread]?.lines ?? [] }
        return heard.isEmpty ? "" : " (\(heard.joined(separator: ", ")))"
    }

    /// libav's own words for a return code.
    static func name(of code: Int32) -> String {
        var text = [CChar](repeating: 0, count: 128)
        av_strerror(code, &text, text.count)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }

    private static func keep(_ line: String, for thread: pthread_t) {
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return }
        messages.withLock { table in
            guard let heard = table[thread]?.lines, !heard.contains(text) else { return }
            table[thread]?.lines = Array((heard + [text]).suffix(3))
        }
    }
}
