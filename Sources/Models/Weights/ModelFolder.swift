import Foundation

/// The files of a model as Hugging Face lays them out.
enum ModelFolder {
    /// The contents of `config.json` in a folder, or beside a weight file.
    ///
    /// Throws: `ModelError` when it isn't there
    static func configuration(of path: String) throws -> (data: Data, path: String) {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let url = URL(fileURLWithPath: path)
        let folder = exists && isFolder.boolValue ? url : url.deletingLastPathComponent()
        let file = folder.appendingPathComponent("config.json")
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw ModelError(
                .configuration, subject: file.path, detail: "there is no such file to read",
                hint: "keep config.json beside the weights, as Hugging Face does")
        }
        return (data, file.path)
    }
}
