import Datasets
import Foundation
import Testing

/// A folder of its own for one test, with empty files standing in for media.
struct AnnotationFolder: ~Copyable {
    let path: String

    init(media: [String] = []) throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("annotations-\(UUID().uuidString)")
        path = url.path
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for name in media { try write("", to: name) }
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }

    @discardableResult
    func write(_ text: String, to name: String = "rows.json") throws -> String {
        try write(Data(text.utf8), to: name)
    }

    @discardableResult
    func write(_ data: Data, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try data.write(to: URL(fileURLWithPath: file))
        return file
    }

    func read(_ text: String) throws -> [Sample] {
        try AnnotationReader().read(try write(text))
    }

    /// The error that reading the text ends in, or nil when it is read.
    func error(reading text: String) throws -> DatasetError? {
        do {
            _ = try read(text)
            return nil
        } catch let error as DatasetError {
            return error
        }
    }
}

/// A row with the given media fields, as JSON text.
func row(id: String = "\"a\"", _ media: String, question: String, answer: String = "A dog.")
    -> String
{
    """
    {"id": \(id), \(media)"conversations": [{"from": "human", "value": "\(question)"},
     {"from": "gpt", "value": "\(answer)"}]}
    """
}
