import Files
import Foundation

/// Opens the weights at `path`, whatever their format: `WeightFiles.open(path)`.
///
/// A file is recognised by its contents, never by its name; a folder is one of Hugging Face's, with
/// `model.safetensors` or `model.safetensors.index.json`.
/// Throws: `WeightFileError` when nothing is there, nothing is recognised, or the file is broken.
public func open(_ path: String) throws -> any WeightFile {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        return try openFolder(path)
    }
    let start = try MappedFile(weightsAt: path).withBytes { Array($0.prefix(16)) }
    if start.starts(with: "GGUF".utf8) { return try GGUF(path: path) }
    if start.starts(with: LegacyTorchFile.magic) { return try LegacyTorchFile(path: path) }
    if start.first == UInt8(ascii: "{") { return try ShardedSafetensors(path: path) }
    if start.count > 8, start[8] == UInt8(ascii: "{") { return try Safetensors(path: path) }
    if start.starts(with: "PK\u{3}\u{4}".utf8) {
        throw WeightFileError(
            .unsupported, path,
            "this is a zip archive, perhaps of torch.save since torch 1.6; a safetensors, GGUF, "
                + "CTranslate2 or older torch file was expected",
            hint: "save it again in Python: safetensors.torch.save_file(torch.load(OLD, "
                + "weights_only=True), NEW)")
    }
    if start.count > 4, CTranslate2File.versions.contains(UInt32(start[0])),
        start[1..<4].allSatisfy({ $0 == 0 })
    {
        return try CTranslate2File(path: path)
    }
    throw WeightFileError(
        .unrecognised, path,
        "the contents are of no known format; a safetensors, GGUF, CTranslate2 or older torch file "
            + "was expected")
}

private func openFolder(_ path: String) throws -> any WeightFile {
    let single = "\(path)/model.safetensors"
    if FileManager.default.fileExists(atPath: single) { return try Safetensors(path: single) }
    let index = "\(single).index.json"
    if FileManager.default.fileExists(atPath: index) { return try ShardedSafetensors(path: index) }
    throw WeightFileError(
        .unrecognised, path,
        "the folder holds no model.safetensors and no model.safetensors.index.json",
        hint: "name the weight file itself")
}
