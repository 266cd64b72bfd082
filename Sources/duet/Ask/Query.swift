package import Datasets
import Media
package import Recipes

/// A question with the media it is about, as a sample the model can take in.
package struct Query: Sendable {
    package let sample: Sample
    /// What of the media is not taken in, and why.
    package let remarks: [String]

    /// Puts the marks of the media before the question, in the order of the training rows.
    ///
    /// A question that has marks of its own keeps them where they stand.
    /// Throws: `MediaError` when a file is none that can be seen or heard, `CommandFailure` when
    /// the model cannot take it in
    package init(
        _ question: String, media: String?, audio: String?, model: Recipe.Model
    ) throws {
        let seen = try media.map(MediaInformation.probe)
        let heard = try audio.map(MediaInformation.probe)
        var remarks: [String] = []
        if let audio, heard?.audio == nil {
            throw CommandFailure(
                .data, audio, "holds no sound", hint: "name a sound, or a video with sound")
        }
        let visualPath: String? = seen?.video == nil ? nil : media
        var audioPath: String? = audio ?? (seen?.audio == nil ? nil : media)
        if let visualPath, model.visual == nil {
            throw CommandFailure(
                .data, visualPath, "shows pictures, but the model was trained without sight",
                hint: "name a sound, or another checkpoint")
        }
        if let path = audioPath, model.audio == nil {
            guard audio == nil, visualPath != nil else {
                throw CommandFailure(
                    .data, path, "is a sound, but the model was trained without hearing",
                    hint: "name a picture, or another checkpoint")
            }
            audioPath = nil
            remarks.append("\(path): its sound is left out; the model was trained without hearing")
        }
        let marks: [String] = [
            visualPath == nil ? nil : model.visualToken, audioPath == nil ? nil : model.audioToken,
        ].compactMap(\.self).filter { !question.contains($0) }
        sample = Sample(
            id: "question", visualPath: visualPath, audioPath: audioPath,
            turns: [
                Turn(question: (marks + [question]).joined(separator: "\n"), answer: "")
            ])
        self.remarks = remarks
    }
}
